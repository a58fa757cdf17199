using System.Reflection;
using System.Runtime.InteropServices;

namespace Matrix.Bus.Protocol;

/// <summary>The few functions of libsodium that are used here.</summary>
static unsafe partial class Sodium
{
    public const int SeedBytes = 32;
    public const int PublicKeyBytes = 32;
    public const int SecretKeyBytes = 64;
    public const int SignatureBytes = 64;
    public const int PasswordHashBytes = 128;

    const string Library = "sodium";

    static Sodium()
    {
        NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, Resolve);
        if (sodium_init() < 0)
            throw new InvalidOperationException("libsodium could not be initialised.");
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    public static partial int crypto_sign_seed_keypair(byte* publicKey, byte* secretKey, byte* seed);

    [LibraryImport(Library)]
    public static partial int crypto_sign_detached(byte* signature, ulong* signatureLength, byte* message, ulong messageLength, byte* secretKey);

    [LibraryImport(Library)]
    public static partial int crypto_sign_verify_detached(byte* signature, byte* message, ulong messageLength, byte* publicKey);

    [LibraryImport(Library)]
    public static partial int crypto_pwhash_str(byte* hash, byte* password, ulong passwordLength, ulong operations, nuint memory);

    [LibraryImport(Library)]
    public static partial int crypto_pwhash_str_verify(byte* hash, byte* password, ulong passwordLength);

    [LibraryImport(Library)]
    public static partial int crypto_pwhash_str_needs_rehash(byte* hash, ulong operations, nuint memory);

    static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return IntPtr.Zero;
        // Debian ships the versioned name alone unless development files are installed.
        foreach (var candidate in (ReadOnlySpan<string>)["libsodium.so.23", "libsodium.so.26", "libsodium"])
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out var handle))
                return handle;
        }
        throw new DllNotFoundException("libsodium was not found. Install it, on Debian and Ubuntu: apt-get install libsodium23");
    }
}
