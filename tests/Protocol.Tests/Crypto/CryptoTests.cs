namespace Matrix.Bus.Protocol.Tests;

public sealed class CryptoTests
{
    [Fact]
    public void A_signature_holds_for_its_message_and_key_alone()
    {
        var key = SigningKey.Generate();
        var message = A.Utf8("message");
        var signature = key.Sign(message);

        Assert.True(key.VerifyKey.Verify(message, signature));
        Assert.False(key.VerifyKey.Verify(A.Utf8("massage"), signature));
        Assert.False(SigningKey.Generate().VerifyKey.Verify(message, signature));
        Assert.False(key.VerifyKey.Verify(message, signature.AsSpan(1)));
        Assert.False(key.VerifyKey.Verify(message, []));
        signature[5] ^= 1;
        Assert.False(key.VerifyKey.Verify(message, signature));
    }

    [Fact]
    public void A_key_survives_its_file_and_never_prints_its_secret()
    {
        var key = SigningKey.Generate();
        var again = SigningKey.Parse(key.Export() + "\n");

        Assert.Equal(key.KeyId, again.KeyId);
        Assert.Equal(key.VerifyKey.ToBase64(), again.VerifyKey.ToBase64());
        Assert.StartsWith("ed25519:a_", key.KeyId);
        Assert.Equal(key.KeyId, key.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ed25519 a_1")]
    [InlineData("ed25519 a_1 AAAA")]
    [InlineData("curve25519 a_1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")]
    public void A_line_that_is_no_key_is_refused(string line) => Assert.Throws<FormatException>(() => SigningKey.Parse(line));

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "Zg")]
    [InlineData("fo", "Zm8")]
    [InlineData("foo", "Zm9v")]
    [InlineData("foob", "Zm9vYg")]
    [InlineData("fooba", "Zm9vYmE")]
    [InlineData("foobar", "Zm9vYmFy")]
    public void Base64_has_no_padding_and_reads_with_or_without(string text, string base64)
    {
        Assert.Equal(base64, UnpaddedBase64.Encode(A.Utf8(text)));
        Assert.True(UnpaddedBase64.TryDecode(base64, out var bytes) && A.Text(bytes) == text);
        Assert.True(UnpaddedBase64.TryDecode(base64 + new string('=', (4 - base64.Length % 4) % 4), out bytes) && A.Text(bytes) == text);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("A===")]
    [InlineData("Zm9v!")]
    [InlineData("Zm 9v")]
    [InlineData("Zm9v\n")]
    [InlineData("Zmé=")]
    public void What_is_no_base64_is_refused(string text) => Assert.False(UnpaddedBase64.TryDecode(text, out _));

    [Fact]
    public void A_verify_key_is_32_bytes_of_base64()
    {
        Assert.Null(VerifyKey.TryParse("ed25519:1", "AAAA"));
        Assert.Null(VerifyKey.TryParse("ed25519:1", "*"));
        Assert.Equal(A.Key.VerifyKey.ToBase64(), VerifyKey.TryParse("ed25519:1", A.Key.VerifyKey.ToBase64() + "=")?.ToBase64());
    }

    [Fact]
    public void Json_keeps_its_unsigned_part_and_its_other_signatures_when_signed()
    {
        var other = SigningKey.Generate();
        var once = SignedJson.Sign(A.Utf8("""{"unsigned":{"age":1},"a":1}"""), "b.example", other);
        var twice = SignedJson.Sign(once, "a.example", A.Key);

        Assert.True(SignedJson.Verify(twice, "b.example", other.VerifyKey));
        Assert.True(SignedJson.Verify(twice, "a.example", A.Key.VerifyKey));
        Assert.Equal(A.Text(twice), A.Text(CanonicalJson.Encode(twice)));
        Assert.Contains("\"unsigned\":{\"age\":1}", A.Text(twice));
        Assert.True(SignedJson.Verify(A.Utf8(A.Text(twice).Replace("\"age\":1", "\"age\":2")), "a.example", A.Key.VerifyKey));
        Assert.False(SignedJson.Verify(A.Utf8(A.Text(twice).Replace("\"a\":1", "\"a\":2")), "a.example", A.Key.VerifyKey));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("no json")]
    [InlineData("""{"signatures":[]}""")]
    [InlineData("""{"signatures":{"a.example":"x"}}""")]
    [InlineData("""{"signatures":{"a.example":{"ed25519:1":7}}}""")]
    [InlineData("""{"signatures":{"a.example":{"ed25519:1":"AAAA"}}}""")]
    [InlineData("""{"signatures":{"a.example":{"rsa:1":"AAAA"}}}""")]
    public void Hostile_signatures_do_not_verify_and_do_not_throw(string json) =>
        Assert.False(SignedJson.Verify(A.Utf8(json), "a.example", A.Key.VerifyKey));

    [Fact]
    public void A_password_matches_its_own_hash_alone()
    {
        var hash = PasswordHash.Create("correct horse", PasswordCost.Minimal);

        Assert.StartsWith("$argon2id$", hash);
        Assert.True(PasswordHash.Verify(hash, "correct horse"));
        Assert.False(PasswordHash.Verify(hash, "correct house"));
        Assert.False(PasswordHash.Verify(hash, ""));
        Assert.NotEqual(hash, PasswordHash.Create("correct horse", PasswordCost.Minimal));
    }

    [Fact]
    public void A_password_has_a_bounded_length()
    {
        Assert.True(PasswordHash.IsAcceptable(new string('x', 1024)));
        Assert.False(PasswordHash.IsAcceptable(new string('é', 513)));
        Assert.Throws<ArgumentException>(() => PasswordHash.Create(new string('x', 1025), PasswordCost.Minimal));
        Assert.Throws<ArgumentException>(() => PasswordHash.Create("", PasswordCost.Minimal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("$argon2id$v=19$broken")]
    [InlineData("$2b$12$abcdefghijklmnopqrstuv")]
    public void A_hash_of_another_form_matches_nothing(string hash) => Assert.False(PasswordHash.Verify(hash, "password"));

    [Fact]
    public void A_hash_of_another_cost_is_outdated()
    {
        var hash = PasswordHash.Create("password", PasswordCost.Minimal);

        Assert.False(PasswordHash.IsOutdated(hash, PasswordCost.Minimal));
        Assert.True(PasswordHash.IsOutdated(hash, PasswordCost.Interactive));
    }

    [Fact]
    public void Tokens_hold_256_random_bits_and_are_found_by_their_hash()
    {
        var token = SecretToken.Create("mbt_");

        Assert.Equal(4 + 43, token.Length);
        Assert.NotEqual(token, SecretToken.Create("mbt_"));
        Assert.Equal(SecretToken.Hash(token), SecretToken.Hash(token));
        Assert.True(SecretToken.AreEqual(token, new string(token)));
        Assert.False(SecretToken.AreEqual(token, token[..^1]));
    }
}
