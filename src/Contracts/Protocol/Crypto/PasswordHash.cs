using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>What a password hash costs the one who computes it.</summary>
public enum PasswordCost
{
    /// <summary>64 MiB and two passes: a login takes some tens of milliseconds.</summary>
    Interactive = 1,

    /// <summary>The least that the algorithm admits. For tests alone: it protects nothing.</summary>
    Minimal = 2,
}

/// <summary>Argon2id hashes of passwords, as self-describing strings (<c>$argon2id$v=19$m=…</c>).</summary>
public static class PasswordHash
{
    /// <summary>Longer passwords are refused before any work is done, in bytes of UTF-8.</summary>
    public const int MaxPasswordBytes = 1024;

    /// <summary>True if the password may be hashed: not empty, not longer than <see cref="MaxPasswordBytes"/>.</summary>
    public static bool IsAcceptable(string password) =>
        password.Length is > 0 and <= MaxPasswordBytes && Encoding.UTF8.GetByteCount(password) <= MaxPasswordBytes;

    /// <summary>Hashes a password with a new salt. Blocks the thread for the time that <paramref name="cost"/> buys.</summary>
    /// <exception cref="ArgumentException">The password is empty or too long.</exception>
    /// <exception cref="IOException">The memory that the cost asks for could not be had.</exception>
    public static unsafe string Create(string password, PasswordCost cost)
    {
        if (!IsAcceptable(password))
            throw new ArgumentException("The password is empty or too long.", nameof(password));
        var (operations, memory) = Limits(cost);
        var bytes = Encoding.UTF8.GetBytes(password);
        Span<byte> hash = stackalloc byte[Sodium.PasswordHashBytes];
        fixed (byte* h = hash, p = bytes)
        {
            if (Sodium.crypto_pwhash_str(h, p, (ulong)bytes.Length, operations, memory) != 0)
                throw new IOException("Argon2id could not get its memory.");
        }
        return Encoding.ASCII.GetString(hash[..hash.IndexOf((byte)0)]);
    }

    /// <summary>True if the hash was made from that password. Never throws; a hash of another form matches nothing.</summary>
    public static unsafe bool Verify(string hash, string password)
    {
        if (!IsAcceptable(password) || !TryTerminate(hash, out var stored))
            return false;
        var bytes = Encoding.UTF8.GetBytes(password);
        fixed (byte* h = stored, p = bytes)
            return Sodium.crypto_pwhash_str_verify(h, p, (ulong)bytes.Length) == 0;
    }

    /// <summary>True if the hash was made at another cost, so that it should be made anew at the next login.</summary>
    public static unsafe bool IsOutdated(string hash, PasswordCost cost)
    {
        if (!TryTerminate(hash, out var stored))
            return true;
        var (operations, memory) = Limits(cost);
        fixed (byte* h = stored)
            return Sodium.crypto_pwhash_str_needs_rehash(h, operations, memory) != 0;
    }

    static (ulong Operations, nuint Memory) Limits(PasswordCost cost) => cost switch
    {
        PasswordCost.Interactive => (2, 64 * 1024 * 1024),
        PasswordCost.Minimal => (1, 8 * 1024),
        _ => throw new ArgumentOutOfRangeException(nameof(cost)),
    };

    static bool TryTerminate(string hash, out byte[] stored)
    {
        stored = new byte[Sodium.PasswordHashBytes];
        return hash.Length < stored.Length && hash.StartsWith("$argon2id$", StringComparison.Ordinal) && Ascii.IsValid(hash)
            && Encoding.ASCII.GetBytes(hash, stored) == hash.Length;
    }
}
