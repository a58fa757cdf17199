using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests;

public sealed class IdentifierTests
{
    [Theory]
    [InlineData("matrix.org")]
    [InlineData("matrix.org:8888")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3.4:1234")]
    [InlineData("[1234:5678::abcd]")]
    [InlineData("[1234:5678::abcd]:5678")]
    [InlineData("[::ffff:1.2.3.4]:1")]
    [InlineData("localhost")]
    [InlineData("MATRIX.org")]
    [InlineData("xn--bcher-kva.example:65535")]
    public void Server_names_of_the_grammar_are_accepted(string text)
    {
        Assert.True(ServerName.TryParse(text, out var name));
        Assert.Equal(text, name.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData(":8448")]
    [InlineData("matrix.org:")]
    [InlineData("matrix.org:123456")]
    [InlineData("matrix.org:80a")]
    [InlineData("matrix.org:1:2")]
    [InlineData("matrix_org")]
    [InlineData("matrix.org/path")]
    [InlineData("matrix.org\0")]
    [InlineData("mätrix.org")]
    [InlineData(" matrix.org")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[::1]x")]
    [InlineData("[::1]:")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[]")]
    [InlineData("user@matrix.org")]
    public void Other_server_names_are_not(string? text) => Assert.False(ServerName.TryParse(text, out _));

    [Theory]
    [InlineData("@alice:example.org", true)]
    [InlineData("@a.b_c=d-e/f+0:example.org:8448", true)]
    [InlineData("@a:[::1]:8448", true)]
    [InlineData("@Alice:example.org", false)]
    [InlineData("@:example.org", false)]
    [InlineData("@álice 😀\n:example.org", false)]
    [InlineData("@a|b:example.org", false)]
    public void Historical_user_ids_are_accepted_and_told_from_strict_ones(string text, bool strict)
    {
        Assert.True(UserId.TryParse(text, out var id));
        Assert.Equal(strict, id.IsStrict);
        Assert.Equal(text, $"@{id.Localpart}:{id.Server}");
    }

    [Theory]
    [InlineData("alice:example.org")]
    [InlineData("@alice")]
    [InlineData("@alice:")]
    [InlineData("@alice:bad_server")]
    [InlineData("@al\0ice:example.org")]
    [InlineData("#alice:example.org")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_user_id_is_refused(string? text) => Assert.False(UserId.TryParse(text, out _));

    [Fact]
    public void Half_a_surrogate_pair_is_in_no_id()
    {
        Assert.False(UserId.TryParse("@al" + '\ud800' + "ice:example.org", out _));
        Assert.False(EventId.TryParse("$" + '\udc00', out _));
        Assert.True(EventId.TryParse("$" + "\ud83d\ude00", out _));
    }

    [Fact]
    public void Identifiers_end_at_255_bytes_and_not_characters()
    {
        const string Server = ":example.org";
        Assert.True(UserId.TryParse("@" + new string('a', 254 - Server.Length) + Server, out _));
        Assert.False(UserId.TryParse("@" + new string('a', 255 - Server.Length) + Server, out _));
        Assert.False(UserId.TryParse("@" + new string('é', 200 - Server.Length) + Server, out _));
        Assert.False(EventId.TryParse("$" + new string('é', 128), out _));
        Assert.True(EventId.TryParse("$" + new string('é', 127), out _));
        Assert.False(RoomAlias.TryParse("#" + new string('日', 90) + Server, out _));
    }

    [Fact]
    public void Room_ids_have_the_form_of_their_version()
    {
        var old = RoomId.Parse("!opaque:example.org:8448");
        var hash = RoomId.Parse("!" + "31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM");

        Assert.Equal(ServerName.Parse("example.org:8448"), old.Server);
        Assert.Null(old.CreateEventId);
        Assert.Null(hash.Server);
        Assert.Equal("$31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", hash.CreateEventId?.Value);
        Assert.Equal(hash, RoomId.FromCreateEvent(hash.CreateEventId!.Value));
        Assert.All(Enumerable.Range(1, 11), n => Assert.True(old.IsOf(RoomVersion.Of(n)) && !hash.IsOf(RoomVersion.Of(n))));
        Assert.True(hash.IsOf(RoomVersion.Of(12)) && !old.IsOf(RoomVersion.Of(12)));
        Assert.False(RoomId.Parse("!too-short").IsOf(RoomVersion.Of(12)));
        Assert.False(RoomId.Parse("!31hneApxJ/1o+63DmFrpeqnkFfWppnzWso1JvH3ogLM").IsOf(RoomVersion.Of(12)));
    }

    [Fact]
    public void Generated_ids_are_valid_and_new_each_time()
    {
        Assert.Equal(A.Server, RoomId.Generate(A.Server).Server);
        Assert.Equal(A.Server, EventId.Generate(A.Server).Server);
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => RoomId.Generate(A.Server)).Distinct().Count());
        Assert.All(Enumerable.Range(0, 50), _ => Assert.True(RoomId.TryParse(RoomId.Generate(A.Server).Value, out var _)));
    }

    [Theory]
    [InlineData("alice", true)]
    [InlineData("0/a+b=c.d_e-f", true)]
    [InlineData("Alice", false)]
    [InlineData("", false)]
    [InlineData("a:b", false)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    public void Ids_that_this_server_gives_out_keep_to_the_strict_grammar(string localpart, bool valid) =>
        Assert.Equal(valid, UserId.TryCreate(localpart, A.Server, out _));

    [Fact]
    public void Aliases_take_any_localpart_but_colons_and_nothing()
    {
        Assert.True(RoomAlias.TryCreate("Bürgertreff 😀", A.Server, out var alias));
        Assert.Equal("Bürgertreff 😀", alias.Localpart);
        Assert.Equal(A.Server, alias.Server);
        Assert.False(RoomAlias.TryCreate("", A.Server, out _));
        Assert.False(RoomAlias.TryCreate("a:b", A.Server, out _));
        Assert.False(RoomAlias.TryCreate("a\0b", A.Server, out _));
    }

    [Fact]
    public void Identifiers_are_json_strings_as_values_and_as_keys()
    {
        var read = JsonSerializer.Deserialize<Dictionary<UserId, RoomId>>("""{"@a:b":"!r:b"}""")!;

        Assert.Equal(RoomId.Parse("!r:b"), read[UserId.Parse("@a:b")]);
        Assert.Equal("""{"@a:b":"!r:b"}""", JsonSerializer.Serialize(read));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<UserId>("\"a\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<UserId>("7"));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<UserId>("null"));
    }
}
