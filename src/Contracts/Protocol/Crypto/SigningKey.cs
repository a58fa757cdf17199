using System.Security.Cryptography;

namespace Matrix.Bus.Protocol;

/// <summary>A server's Ed25519 signing key. Safe for use by many threads.</summary>
public sealed class SigningKey
{
    // Pinned, so that the collector leaves no copies of the secret behind.
    readonly byte[] secret = GC.AllocateUninitializedArray<byte>(Sodium.SecretKeyBytes, pinned: true);

    unsafe SigningKey(string name, ReadOnlySpan<byte> seed)
    {
        if (seed.Length != Sodium.SeedBytes)
            throw new ArgumentException("An Ed25519 seed has 32 bytes.", nameof(seed));
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            throw new ArgumentException("A key name consists of letters, digits and underscores.", nameof(name));
        Span<byte> publicKey = stackalloc byte[Sodium.PublicKeyBytes];
        fixed (byte* p = publicKey, s = secret, from = seed)
            Sodium.crypto_sign_seed_keypair(p, s, from);
        KeyId = "ed25519:" + name;
        VerifyKey = new VerifyKey(KeyId, publicKey);
    }

    /// <summary>The algorithm and the name of the key, <c>ed25519:name</c>.</summary>
    public string KeyId { get; }

    /// <summary>The public half.</summary>
    public VerifyKey VerifyKey { get; }

    /// <summary>A new key with a random name.</summary>
    public static SigningKey Generate() => Generate("a_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 6));

    /// <summary>A new key under that name (letters, digits and underscores).</summary>
    public static SigningKey Generate(string name)
    {
        Span<byte> seed = stackalloc byte[Sodium.SeedBytes];
        RandomNumberGenerator.Fill(seed);
        var key = new SigningKey(name, seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    /// <summary>The key of a 32-byte seed, under that name (<c>a_1</c> or <c>ed25519:a_1</c>).</summary>
    public static SigningKey FromSeed(string name, ReadOnlySpan<byte> seed) =>
        new(name.StartsWith("ed25519:", StringComparison.Ordinal) ? name["ed25519:".Length..] : name, seed);

    /// <summary>Reads the line of a key file, <c>ed25519 name base64-seed</c>, the form that other servers keep too.</summary>
    /// <exception cref="FormatException">The line has another form. The message never holds the line.</exception>
    public static SigningKey Parse(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts is ["ed25519", var name, var base64] && UnpaddedBase64.TryDecode(base64, out var seed) && seed.Length == Sodium.SeedBytes
            ? FromSeed(name, seed)
            : throw new FormatException("A signing key reads 'ed25519 <name> <unpadded base64 of 32 bytes>'.");
    }

    /// <summary>The line of a key file: secret.</summary>
    public string Export() => $"ed25519 {KeyId["ed25519:".Length..]} {UnpaddedBase64.Encode(secret.AsSpan(0, Sodium.SeedBytes))}";

    /// <summary>Writes the 64-byte signature of a message.</summary>
    public unsafe void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signature.Length, Sodium.SignatureBytes);
        fixed (byte* m = message, s = signature, k = secret)
            Sodium.crypto_sign_detached(s, null, m, (ulong)message.Length, k);
    }

    /// <summary>The 64-byte signature of a message.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        var signature = new byte[Sodium.SignatureBytes];
        Sign(message, signature);
        return signature;
    }

    /// <summary>The name of the key, never the secret.</summary>
    public override string ToString() => KeyId;
}
