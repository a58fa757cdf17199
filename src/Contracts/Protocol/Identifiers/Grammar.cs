using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>The identifier grammars of the appendices, by linear scans.</summary>
static class Grammar
{
    public const int MaxBytes = 255;

    /// <summary>The length of a SHA-256 in unpadded base64.</summary>
    public const int HashLength = 43;

    const int MaxPortDigits = 5;

    public static bool FitsSize(string text) => text.Length <= MaxBytes && Encoding.UTF8.GetByteCount(text) <= MaxBytes;

    /// <summary>True if no half of a surrogate pair stands alone.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
            return true;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var used) != System.Buffers.OperationStatus.Done)
                return false;
            text = text[used..];
        }
        return true;
    }

    public static bool HasSigil([NotNullWhen(true)] string? text, char sigil) =>
        text is { Length: > 1 } && text[0] == sigil && FitsSize(text) && !text.Contains('\0') && IsWellFormed(text);

    public static bool HasSigilAndServer([NotNullWhen(true)] string? text, char sigil) =>
        HasSigil(text, sigil) && text.IndexOf(':') is > 0 and var colon && IsServerName(text.AsSpan(colon + 1));

    /// <summary>A room id in either form: with a server, or the bare hash of version 12.</summary>
    public static bool IsHash(ReadOnlySpan<char> text)
    {
        if (text.Length != HashLength)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }
        return true;
    }

    public static bool IsServerName([NotNullWhen(true)] string? text) => text is not null && IsServerName(text.AsSpan());

    public static bool IsServerName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > MaxBytes)
            return false;
        if (text[0] == '[')
        {
            var close = text.IndexOf(']');
            return close > 0 && IsIPv6(text[1..close]) && IsPortOrNothing(text[(close + 1)..]);
        }
        var colon = text.IndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        return IsHost(host) && (colon < 0 || IsPortOrNothing(text[colon..]));
    }

    /// <summary>The strict grammar of localparts that this server gives out.</summary>
    public static bool IsStrictLocalpart(ReadOnlySpan<char> localpart)
    {
        foreach (var c in localpart)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '_' or '=' or '-' or '/' or '+'))
                return false;
        }
        return !localpart.IsEmpty;
    }

    /// <summary>Letters for the opaque part of a new identifier: about 107 bits.</summary>
    public static string NewOpaque() =>
        RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 18) + RandomNumberGenerator.GetHexString(2, lowercase: true);

    static bool IsHost(ReadOnlySpan<char> host)
    {
        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-'))
                return false;
        }
        return !host.IsEmpty;
    }

    static bool IsIPv6(ReadOnlySpan<char> host)
    {
        // The framework would take a scope id or a prefix length as well.
        foreach (var c in host)
        {
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.'))
                return false;
        }
        return IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    static bool IsPortOrNothing(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return true;
        if (text[0] != ':' || text.Length is 1 or > MaxPortDigits + 1)
            return false;
        foreach (var c in text[1..])
        {
            if (!char.IsAsciiDigit(c))
                return false;
        }
        return true;
    }
}
