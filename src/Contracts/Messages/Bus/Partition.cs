using System.Text;

namespace Matrix.Bus.Messages;

/// <summary>Where a key lives: jump consistent hash over N partitions of a 64-bit hash of its UTF-8.</summary>
/// <remarks>The same on every host, version and transport; changing it would move every room. Source: Lamping and Veach,
/// "A Fast, Minimal Memory, Consistent Hash Algorithm"; the key hash is FNV-1a with a final avalanche.</remarks>
public static class Partition
{
    /// <summary>The partition of a key, 0 to <paramref name="partitions"/> − 1.</summary>
    public static int Of(string key, int partitions)
    {
        Span<byte> buffer = stackalloc byte[512];
        var bytes = Encoding.UTF8.TryGetBytes(key, buffer, out var written) ? buffer[..written] : Encoding.UTF8.GetBytes(key);

        var hash = 14695981039346656037UL;
        foreach (var b in bytes)
        {
            hash ^= b;
            hash *= 1099511628211UL;
        }
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        hash ^= hash >> 33;
        return Jump(hash, partitions);
    }

    static int Jump(ulong key, int buckets)
    {
        long bucket = -1, next = 0;
        while (next < buckets)
        {
            bucket = next;
            key = (key * 2862933555777941757UL) + 1;
            next = (long)((bucket + 1) * ((1L << 31) / (double)((key >> 33) + 1)));
        }
        return (int)bucket;
    }
}
