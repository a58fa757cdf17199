using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("{ \"one\": 1,\n \"two\": \"Two\" }", """{"one":1,"two":"Two"}""")]
    [InlineData("""{ "b": "2", "a": "1" }""", """{"a":"1","b":"2"}""")]
    [InlineData("""{"b":"2","a":"1"}""", """{"a":"1","b":"2"}""")]
    [InlineData("""{"auth": {"success": true,"mxid": "@john.doe:example.com","profile": {"display_name": "John Doe","three_pids": [{"medium": "email","address": "john.doe@example.org"},{"medium": "msisdn","address": "123456789"}]}}}""",
        """{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}""")]
    [InlineData("""{"a": "日本語"}""", """{"a":"日本語"}""")]
    [InlineData("""{"本": 2, "日": 1}""", """{"日":1,"本":2}""")]
    [InlineData("""{"a": "\u65E5"}""", """{"a":"日"}""")]
    [InlineData("""{"a": null}""", """{"a":null}""")]
    public void The_examples_of_the_specification_hold(string json, string canonical) =>
        Assert.Equal(canonical, A.Text(CanonicalJson.Encode(A.Utf8(json))));

    [Theory]
    [InlineData("""{"a": -0, "b": 1e10}""", """{"a":0,"b":10000000000}""")]
    [InlineData("1.0", "1")]
    [InlineData("-2.50", "-2.5")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("1E400", null)]
    [InlineData("1e300", "1e+300")]
    public void Lenient_mode_takes_any_number_but_infinity(string json, string? canonical)
    {
        var output = new ArrayBufferWriter<byte>();
        var fault = CanonicalJson.TryWrite(A.Utf8(json), output, CanonicalJsonMode.Lenient);

        Assert.Equal(canonical is null ? JsonFault.BadNumber : JsonFault.None, fault);
        Assert.Equal(canonical ?? "", A.Text(output.WrittenSpan));
    }

    [Theory]
    [InlineData("9007199254740991", JsonFault.None)]
    [InlineData("-9007199254740991", JsonFault.None)]
    [InlineData("9007199254740992", JsonFault.BadNumber)]
    [InlineData("-9007199254740992", JsonFault.BadNumber)]
    [InlineData("99999999999999999999999999", JsonFault.BadNumber)]
    [InlineData("-0", JsonFault.BadNumber)]
    [InlineData("1.0", JsonFault.BadNumber)]
    [InlineData("1e3", JsonFault.BadNumber)]
    [InlineData("1E-3", JsonFault.BadNumber)]
    [InlineData("NaN", JsonFault.NotJson)]
    [InlineData("Infinity", JsonFault.NotJson)]
    [InlineData("01", JsonFault.NotJson)]
    [InlineData("+1", JsonFault.NotJson)]
    [InlineData("-", JsonFault.NotJson)]
    [InlineData(".5", JsonFault.NotJson)]
    [InlineData("1.", JsonFault.NotJson)]
    [InlineData("1e", JsonFault.NotJson)]
    public void Strict_mode_takes_integers_that_a_double_holds(string json, JsonFault fault) =>
        Assert.Equal(fault, CanonicalJson.Check(A.Utf8($$"""{"a":{{json}}}""")));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("[1,]")]
    [InlineData("[,1]")]
    [InlineData("[1 2]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a:1}")]
    [InlineData("{'a':1}")]
    [InlineData("{} {}")]
    [InlineData("tru")]
    [InlineData("nulll")]
    [InlineData("\"a")]
    [InlineData("\"a\nb\"")]
    [InlineData("\"\\")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\\u12g4\"")]
    [InlineData("// comment\n1")]
    [InlineData("\ufeff{}")]
    public void What_is_not_json_has_no_canonical_form(string text)
    {
        Assert.Equal(JsonFault.NotJson, CanonicalJson.Check(A.Utf8(text)));
        Assert.Equal(JsonFault.NotJson, CanonicalJson.Check(A.Utf8(text), CanonicalJsonMode.Lenient));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xFF, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xC0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xE6, 0x97, (byte)'"' })]
    public void Bytes_that_are_not_utf8_are_no_json(byte[] bytes) => Assert.Equal(JsonFault.NotJson, CanonicalJson.Check(bytes));

    [Theory]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":1,"b":2,"a":3}""")]
    [InlineData("""{"b":1,"a":2,"b":3}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""{"x":[{"\n":1,"\u000a":2}]}""")]
    public void A_key_named_twice_is_refused_however_it_is_written(string json)
    {
        Assert.Equal(JsonFault.DuplicateKey, CanonicalJson.Check(A.Utf8(json)));
        Assert.Equal(JsonFault.DuplicateKey, CanonicalJson.Check(A.Utf8(json), CanonicalJsonMode.Lenient));
    }

    [Theory]
    [InlineData("""["\ud800"]""")]
    [InlineData("""["\udc00"]""")]
    [InlineData("""["\ud83dx"]""")]
    [InlineData("""["\ud83d\ud83d"]""")]
    [InlineData("""["\ud83d\n"]""")]
    [InlineData("""{"\ude00":1}""")]
    public void Half_a_surrogate_pair_is_refused(string json) =>
        Assert.Equal(JsonFault.LoneSurrogate, CanonicalJson.Check(A.Utf8(json), CanonicalJsonMode.Lenient));

    [Fact]
    public void Nesting_ends_at_64()
    {
        static byte[] Nested(int depth) => A.Utf8(string.Concat(Enumerable.Repeat("{\"a\":[", depth / 2)) + string.Concat(Enumerable.Repeat("]}", depth / 2)));

        Assert.Equal(JsonFault.None, CanonicalJson.Check(Nested(64)));
        Assert.Equal(JsonFault.TooDeep, CanonicalJson.Check(Nested(66)));
        Assert.Equal(JsonFault.TooDeep, CanonicalJson.Check(Encoding.ASCII.GetBytes(new string('[', 65) + new string(']', 65))));
        Assert.Equal(JsonFault.TooDeep, CanonicalJson.Check(Encoding.ASCII.GetBytes(new string('[', 5_000_000))));
    }

    [Fact]
    public void Keys_sort_by_code_point_and_not_by_utf16_unit() =>
        Assert.Equal("{\"\uFFFD\":1,\"\U0001F600\":2}", A.Text(CanonicalJson.Encode(A.Utf8("{\"\U0001F600\":2,\"\uFFFD\":1}"))));

    [Theory]
    [InlineData("""{"#":1,"\"":2}""", """{"\"":2,"#":1}""")]
    [InlineData("""{"a\\":1,"aZ":2,"ab":3}""", """{"aZ":2,"a\\":1,"ab":3}""")]
    [InlineData("""{" ":1,"\u0001":2,"\n":3}""", """{"\u0001":2,"\n":3," ":1}""")]
    [InlineData("""{"ab":1,"a":2,"":3}""", """{"":3,"a":2,"ab":1}""")]
    public void Keys_sort_by_what_they_say_and_not_by_how_they_are_escaped(string json, string canonical) =>
        Assert.Equal(canonical, A.Text(CanonicalJson.Encode(A.Utf8(json))));

    [Fact]
    public void Escapes_are_the_shortest_that_the_grammar_knows() =>
        Assert.Equal("\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u001f\u007f\u2028é\"",
            A.Text(CanonicalJson.Encode(A.Utf8("\"\\u0008\\u0009\\u000A\\u000C\\u000D\\u0022\\u005c\\/\\u0000\\u001F\\u007f\\u2028\\u00e9\""))));

    [Fact]
    public void The_form_is_that_of_a_plain_reference_implementation() => Seeds.Hold(seed =>
    {
        var value = new RandomJson(seed).Value();
        Assert.Equal(RandomJson.Canonical(value), A.Text(CanonicalJson.Encode(A.Utf8(new RandomJson(seed + 1).Write(value)))));
    }, runs: 3000);

    [Fact]
    public void The_canonical_form_of_a_canonical_form_is_itself() => Seeds.Hold(seed =>
    {
        var random = new RandomJson(seed);
        var once = CanonicalJson.Encode(A.Utf8(random.Write(random.Value())));
        Assert.Equal(once, CanonicalJson.Encode(once));
        Assert.Equal(once, CanonicalJson.Encode(once, CanonicalJsonMode.Lenient));
    });

    [Fact]
    public void Neither_order_nor_spacing_nor_escapes_matter() => Seeds.Hold(seed =>
    {
        var value = new RandomJson(seed).Object();
        Assert.Equal(CanonicalJson.Encode(A.Utf8(new RandomJson(seed ^ 1).Write(value))), CanonicalJson.Encode(A.Utf8(new RandomJson(seed ^ 2).Write(value))));
    });

    [Fact]
    public void An_element_is_written_as_its_text_is()
    {
        using var document = JsonDocument.Parse("""{"x":{"b":[1,2],"a":"\u00e9"}}""");
        var output = new ArrayBufferWriter<byte>();

        CanonicalJson.Write(document.RootElement.GetProperty("x"), output);

        Assert.Equal("""{"a":"é","b":[1,2]}""", A.Text(output.WrittenSpan));
        Assert.Throws<JsonException>(() => CanonicalJson.Encode(A.Utf8("{\"a\":1.5}")));
    }

    [Fact]
    public void Random_bytes_never_throw() => Seeds.Hold(seed =>
    {
        var random = new Random(seed);
        var alphabet = "{}[]\",:\\u0019eE+-.tfn \n\x01\xC3\xA9\xED\xFF"u8;
        var bytes = new byte[random.Next(60)];
        foreach (ref var b in bytes.AsSpan())
            b = alphabet[random.Next(alphabet.Length)];
        var output = new ArrayBufferWriter<byte>();
        if (CanonicalJson.TryWrite(bytes, output, (CanonicalJsonMode)random.Next(2)) != JsonFault.None)
            Assert.Equal(0, output.WrittenCount);
    }, runs: 5000);

    [Fact]
    public void Large_input_takes_linear_time()
    {
        // What these would take in quadratic time is counted in minutes.
        var limit = TimeSpan.FromSeconds(10);
        var unsorted = "{" + string.Join(',', Enumerable.Range(0, 300_000).Select(i => $"\"{i * 7919L % 300_007}\":{i}")) + "}";
        var prefix = new string('k', 2_000);
        var alike = "{" + string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"\"{prefix}{9_999 - i}\":0")) + "}";
        var deep = string.Concat(Enumerable.Repeat("{\"z\":1,\"a\":", 62)) + "\"" + new string('x', 1_000_000) + "\"" + new string('}', 62);

        var clock = Stopwatch.StartNew();
        foreach (var text in (string[])[unsorted, alike, deep])
            Assert.Equal(JsonFault.None, CanonicalJson.Check(A.Utf8(text)));
        Assert.True(clock.Elapsed < limit, $"Took {clock.Elapsed}.");
    }
}
