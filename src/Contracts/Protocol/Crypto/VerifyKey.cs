namespace Matrix.Bus.Protocol;

/// <summary>The public half of an Ed25519 signing key, with the id under which signatures name it.</summary>
public sealed class VerifyKey
{
    readonly byte[] key;

    /// <param name="keyId">For example <c>ed25519:a_1</c>.</param>
    /// <param name="publicKey">32 bytes.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public VerifyKey(string keyId, ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != Sodium.PublicKeyBytes)
            throw new ArgumentException("An Ed25519 public key has 32 bytes.", nameof(publicKey));
        KeyId = keyId;
        key = publicKey.ToArray();
    }

    /// <summary>The algorithm and the name of the key, <c>ed25519:name</c>.</summary>
    public string KeyId { get; }

    /// <summary>The 32 bytes of the key.</summary>
    public ReadOnlySpan<byte> Bytes => key;

    /// <summary>The key as unpadded base64, as key responses carry it.</summary>
    public string ToBase64() => UnpaddedBase64.Encode(key);

    /// <summary>Reads a key from base64, padded or not; null if it is not 32 bytes of base64.</summary>
    public static VerifyKey? TryParse(string keyId, string base64) =>
        UnpaddedBase64.TryDecode(base64, out var bytes) && bytes.Length == Sodium.PublicKeyBytes ? new VerifyKey(keyId, bytes) : null;

    /// <summary>True if the signature is one of this key over that message. Never throws.</summary>
    public unsafe bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != Sodium.SignatureBytes)
            return false;
        fixed (byte* m = message, s = signature, k = key)
            return Sodium.crypto_sign_verify_detached(s, m, (ulong)message.Length, k) == 0;
    }
}
