using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>The transaction ids a partition has seen lately. What is not here may still be in the table; the table's primary key
/// has the last word.</summary>
sealed class TransactionMemory
{
    const int Generation = 8192;

    Dictionary<Guid, EventId> _young = [];
    Dictionary<Guid, EventId> _old = [];

    /// <summary>The stored key of a transaction: a digest of who, which device, where and which id.</summary>
    public static Guid KeyOf(UserId user, DraftTransaction transaction)
    {
        var fields = (user.Value, transaction.DeviceId, transaction.Endpoint, transaction.TransactionId);
        var size = 16 + Encoding.UTF8.GetMaxByteCount(
            fields.Value.Length + fields.DeviceId.Length + fields.Endpoint.Length + fields.TransactionId.Length);
        Span<byte> bytes = size <= 2048 ? stackalloc byte[size] : new byte[size];
        var length = 0;
        // Lengths in front, or two different sets of fields could run together into one text.
        Add(bytes, ref length, fields.Value);
        Add(bytes, ref length, fields.DeviceId);
        Add(bytes, ref length, fields.Endpoint);
        Add(bytes, ref length, fields.TransactionId);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return new Guid(hash[..16]);
    }

    /// <summary>The event of a transaction, if it is remembered.</summary>
    public bool TryGet(Guid key, out EventId id) => _young.TryGetValue(key, out id) || _old.TryGetValue(key, out id);

    /// <summary>Remembers one; forgets the oldest.</summary>
    public void Add(Guid key, EventId id)
    {
        if (_young.Count >= Generation)
            (_old, _young) = (_young, []);
        _young[key] = id;
    }

    /// <summary>Forgets one that did not come to be.</summary>
    public void Remove(Guid key)
    {
        _young.Remove(key);
        _old.Remove(key);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _young.Clear();
        _old.Clear();
    }

    static void Add(Span<byte> to, ref int length, string field)
    {
        var written = Encoding.UTF8.GetBytes(field, to[(length + 4)..]);
        BinaryPrimitives.WriteInt32LittleEndian(to[length..], written);
        length += 4 + written;
    }
}
