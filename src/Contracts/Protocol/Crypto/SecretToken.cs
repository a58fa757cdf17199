using System.Security.Cryptography;
using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>Random secrets that are handed out once and kept as hashes: access tokens, refresh tokens, sessions.</summary>
public static class SecretToken
{
    /// <summary>A prefix and 256 random bits in URL-safe base64 (43 characters).</summary>
    public static string Create(string prefix = "")
    {
        Span<byte> bits = stackalloc byte[32];
        RandomNumberGenerator.Fill(bits);
        return prefix + UnpaddedBase64.EncodeUrlSafe(bits);
    }

    /// <summary>What is stored of a token, and what it is found by: its SHA-256. No salt, for 256 random bits need none.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Compares two secrets in a time that tells nothing of where they differ.</summary>
    public static bool AreEqual(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Hash(left), Hash(right));
}
