using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests;

/// <summary>The test vectors of the specification's appendices.</summary>
public sealed class SpecVectorTests
{
    static readonly SigningKey key = SigningKey.FromSeed("ed25519:1", Seed());

    [Theory]
    [InlineData("{}", "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ")]
    [InlineData("""{"one": 1, "two": "Two"}""", "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw")]
    public void Json_is_signed_as_the_specification_signs_it(string json, string signature)
    {
        var signed = SignedJson.Sign(A.Utf8(json), "domain", key);

        Assert.Equal(signature, SignatureIn(signed));
        Assert.True(SignedJson.Verify(signed, "domain", key.VerifyKey));
        Assert.Equal(["ed25519:1"], SignedJson.KeyIds(signed, "domain"));
        Assert.False(SignedJson.Verify(signed, "other", key.VerifyKey));
    }

    [Theory]
    [InlineData("5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos", "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg",
        """{"room_id":"!x:domain","sender":"@a:domain","origin":"domain","origin_server_ts":1000000,"signatures":{},"hashes":{},"type":"X","content":{},"prev_events":[],"auth_events":[],"depth":3,"unsigned":{"age_ts":1000000}}""")]
    [InlineData("onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g", "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA",
        """{"content":{"body":"Here is the message content"},"event_id":"$0:domain","origin":"domain","origin_server_ts":1000000,"type":"m.room.message","room_id":"!r:domain","sender":"@u:domain","signatures":{},"unsigned":{"age_ts":1000000}}""")]
    public void Events_are_hashed_and_signed_as_the_specification_does_it(string hash, string signature, string json)
    {
        var version = RoomVersion.Of(1);
        Assert.Equal(hash, UnpaddedBase64.Encode(EventHashes.ContentHash(A.Utf8(json), version)));

        var hashed = json.Replace("\"hashes\":{},", "")[..^1] + ",\"hashes\":{\"sha256\":\"" + hash + "\"}}";
        var redacted = Redaction.Redact(A.Utf8(hashed), version);
        var signed = SignedJson.Sign(redacted.Utf8.Span, "domain", key);

        Assert.Equal(signature, SignatureIn(signed));
        var whole = hashed.Replace("\"signatures\":{}", "\"signatures\":{\"domain\":{\"ed25519:1\":\"" + signature + "\"}}");
        Assert.True(EventSignatures.Verify(A.Utf8(whole), version, ServerName.Parse("domain"), key.VerifyKey));
    }

    static byte[] Seed() => UnpaddedBase64.TryDecode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1", out var seed) ? seed : throw new InvalidOperationException();

    static string? SignatureIn(byte[] signed) =>
        JsonDocument.Parse(signed).RootElement.GetProperty("signatures").GetProperty("domain").GetProperty("ed25519:1").GetString();
}
