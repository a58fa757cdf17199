using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Matrix.Bus.Protocol;

/// <summary>Reads JSON and writes its canonical form as it goes; objects whose keys came unsorted are put in order when
/// they close.</summary>
ref struct CanonicalParser
{
    static readonly SearchValues<byte> endsOfRun = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    readonly ReadOnlySpan<byte> input;
    readonly ByteBuffer output;
    readonly CanonicalScratch scratch;
    readonly bool strict;
    int at;
    JsonFault fault;

    CanonicalParser(ReadOnlySpan<byte> input, ByteBuffer output, CanonicalScratch scratch, CanonicalJsonMode mode)
    {
        this.input = input;
        this.output = output;
        this.scratch = scratch;
        strict = mode == CanonicalJsonMode.Strict;
    }

    /// <summary>Appends the canonical form to a buffer; what it holds after a fault means nothing.</summary>
    public static JsonFault Parse(ReadOnlySpan<byte> json, ByteBuffer output, CanonicalScratch scratch, CanonicalJsonMode mode)
    {
        if (!Utf8.IsValid(json))
            return JsonFault.NotJson;
        var parser = new CanonicalParser(json, output, scratch, mode);
        parser.SkipSpace();
        if (!parser.Value(0))
            return parser.fault;
        parser.SkipSpace();
        return parser.at == json.Length ? JsonFault.None : JsonFault.NotJson;
    }

    bool Fail(JsonFault why = JsonFault.NotJson)
    {
        fault = why;
        return false;
    }

    void SkipSpace()
    {
        while (at < input.Length && input[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            at++;
    }

    bool Value(int depth)
    {
        if (at == input.Length)
            return Fail();
        switch (input[at])
        {
            case (byte)'"': return Text();
            case (byte)'{': return depth < CanonicalJson.MaxDepth ? Object(depth) : Fail(JsonFault.TooDeep);
            case (byte)'[': return depth < CanonicalJson.MaxDepth ? Array(depth) : Fail(JsonFault.TooDeep);
            case (byte)'t': return Word("true"u8);
            case (byte)'f': return Word("false"u8);
            case (byte)'n': return Word("null"u8);
            default: return Number();
        }
    }

    bool Word(ReadOnlySpan<byte> word)
    {
        if (!input[at..].StartsWith(word))
            return Fail();
        at += word.Length;
        output.Add(word);
        return true;
    }

    bool Array(int depth)
    {
        at++;
        output.Add((byte)'[');
        SkipSpace();
        if (at < input.Length && input[at] == ']')
            return Close((byte)']');
        while (true)
        {
            SkipSpace();
            if (!Value(depth + 1))
                return false;
            SkipSpace();
            if (at == input.Length)
                return Fail();
            if (input[at] == ']')
                return Close((byte)']');
            if (input[at++] != ',')
                return Fail();
            output.Add((byte)',');
        }
    }

    bool Object(int depth)
    {
        at++;
        var start = output.Length;
        var firstMember = scratch.MemberCount;
        var ordered = true;
        output.Add((byte)'{');
        SkipSpace();
        if (at < input.Length && input[at] == '}')
            return Close((byte)'}');
        while (true)
        {
            SkipSpace();
            if (at == input.Length || input[at] != '"')
                return Fail();
            var keyStart = output.Length;
            if (!Text())
                return false;
            var keyLength = output.Length - keyStart - 2;
            SkipSpace();
            if (at == input.Length || input[at++] != ':')
                return Fail();
            output.Add((byte)':');
            SkipSpace();
            if (!Value(depth + 1))
                return false;
            var member = new CanonicalMember(keyStart, keyLength, output.Length - keyStart);
            if (ordered && scratch.MemberCount > firstMember)
            {
                var order = CanonicalKeys.Compare(output.Span, scratch.MembersFrom(firstMember)[^1], member);
                if (order == 0)
                    return Fail(JsonFault.DuplicateKey);
                ordered = order < 0;
            }
            scratch.Push(member);
            SkipSpace();
            if (at == input.Length)
                return Fail();
            if (input[at] == '}')
            {
                if (!ordered && !Sort(start, firstMember))
                    return false;
                scratch.PopTo(firstMember);
                return Close((byte)'}');
            }
            if (input[at++] != ',')
                return Fail();
            output.Add((byte)',');
        }
    }

    bool Sort(int start, int firstMember)
    {
        var members = scratch.MembersFrom(firstMember);
        members.Sort(new CanonicalKeys(output));
        for (var i = 1; i < members.Length; i++)
        {
            if (CanonicalKeys.Compare(output.Span, members[i - 1], members[i]) == 0)
                return Fail(JsonFault.DuplicateKey);
        }
        var side = scratch.Side;
        side.Clear();
        foreach (var member in members)
        {
            if (side.Length > 0)
                side.Add((byte)',');
            side.Add(output.Span.Slice(member.Start, member.Length));
        }
        output.Truncate(start + 1);
        output.Add(side.Span);
        return true;
    }

    bool Close(byte bracket)
    {
        at++;
        output.Add(bracket);
        return true;
    }

    bool Text()
    {
        at++;
        output.Add((byte)'"');
        while (true)
        {
            var rest = input[at..];
            var run = rest.IndexOfAny(endsOfRun);
            if (run < 0)
                return Fail();
            output.Add(rest[..run]);
            at += run + 1;
            if (rest[run] == '"')
            {
                output.Add((byte)'"');
                return true;
            }
            if (rest[run] != '\\' || at == input.Length)
                return Fail();
            if (!Escape())
                return false;
        }
    }

    bool Escape()
    {
        switch (input[at++])
        {
            case (byte)'"': CanonicalText.AddAscii(output, (byte)'"'); return true;
            case (byte)'\\': CanonicalText.AddAscii(output, (byte)'\\'); return true;
            case (byte)'/': output.Add((byte)'/'); return true;
            case (byte)'b': CanonicalText.AddAscii(output, (byte)'\b'); return true;
            case (byte)'f': CanonicalText.AddAscii(output, (byte)'\f'); return true;
            case (byte)'n': CanonicalText.AddAscii(output, (byte)'\n'); return true;
            case (byte)'r': CanonicalText.AddAscii(output, (byte)'\r'); return true;
            case (byte)'t': CanonicalText.AddAscii(output, (byte)'\t'); return true;
            case (byte)'u': break;
            default: return Fail();
        }
        if (!Hex(out var unit))
            return Fail();
        if (unit < 0x80)
        {
            CanonicalText.AddAscii(output, (byte)unit);
            return true;
        }
        if (char.IsSurrogate((char)unit))
        {
            if (!char.IsHighSurrogate((char)unit) || !input[at..].StartsWith("\\u"u8))
                return Fail(JsonFault.LoneSurrogate);
            at += 2;
            if (!Hex(out var low))
                return Fail();
            if (!char.IsLowSurrogate((char)low))
                return Fail(JsonFault.LoneSurrogate);
            unit = char.ConvertToUtf32((char)unit, (char)low);
        }
        output.Advance(new Rune(unit).EncodeToUtf8(output.Reserve(4)));
        return true;
    }

    bool Hex(out int unit)
    {
        unit = 0;
        if (input.Length - at < 4)
            return false;
        for (var i = 0; i < 4; i++)
        {
            var digit = CanonicalText.HexValue(input[at++]);
            if (digit < 0)
                return false;
            unit = (unit << 4) | digit;
        }
        return true;
    }

    bool Number()
    {
        var start = at;
        if (input[at] == '-')
            at++;
        var firstDigit = at;
        if (!Digits() || (input[firstDigit] == '0' && at - firstDigit > 1))
            return Fail();
        var whole = true;
        if (at < input.Length && input[at] == '.')
        {
            whole = false;
            at++;
            if (!Digits())
                return Fail();
        }
        if (at < input.Length && input[at] is (byte)'e' or (byte)'E')
        {
            whole = false;
            at++;
            if (at < input.Length && input[at] is (byte)'+' or (byte)'-')
                at++;
            if (!Digits())
                return Fail();
        }
        var text = input[start..at];
        return whole ? Integer(text) : Fraction(text);
    }

    bool Digits()
    {
        var start = at;
        while (at < input.Length && input[at] is >= (byte)'0' and <= (byte)'9')
            at++;
        return at > start;
    }

    bool Integer(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("-0"u8))
        {
            if (strict)
                return Fail(JsonFault.BadNumber);
            text = "0"u8;
        }
        if (strict && (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            || value is < -CanonicalJson.MaxInteger or > CanonicalJson.MaxInteger))
            return Fail(JsonFault.BadNumber);
        output.Add(text);
        return true;
    }

    bool Fraction(ReadOnlySpan<byte> text)
    {
        if (strict || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            return Fail(JsonFault.BadNumber);
        if (Math.Abs(value) <= CanonicalJson.MaxInteger && Math.Truncate(value) == value)
        {
            output.AddNumber((long)value);
            return true;
        }
        value.TryFormat(output.Reserve(40), out var written, "R", CultureInfo.InvariantCulture);
        // .NET writes the exponent as E+16, the rest of the ecosystem as e+16.
        output.Advance(written);
        output.Span[^written..].Replace((byte)'E', (byte)'e');
        return true;
    }
}
