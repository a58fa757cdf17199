using System.Diagnostics.CodeAnalysis;

namespace Matrix.Bus.Protocol;

/// <summary>Base64 without padding (appendices, "Unpadded Base64"). Decoding accepts padding and the URL-safe alphabet too.</summary>
public static class UnpaddedBase64
{
    /// <summary>Encodes in the standard alphabet.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Encodes in the URL-safe alphabet.</summary>
    public static string EncodeUrlSafe(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    /// <summary>Decodes without throwing.</summary>
    public static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var trimmed = text.AsSpan().TrimEnd('=');
        if (text.Length - trimmed.Length > 2 || trimmed.Length % 4 == 1)
            return false;
        var padded = new char[(trimmed.Length + 3) / 4 * 4];
        Array.Fill(padded, '=');
        trimmed.CopyTo(padded);
        padded.AsSpan().Replace('-', '+');
        padded.AsSpan().Replace('_', '/');
        var decoded = new byte[trimmed.Length * 3 / 4];
        // White space inside would be skipped by the framework and leave fewer bytes than the length promises.
        if (!Convert.TryFromBase64Chars(padded, decoded, out var written) || written != decoded.Length)
            return false;
        bytes = decoded;
        return true;
    }
}
