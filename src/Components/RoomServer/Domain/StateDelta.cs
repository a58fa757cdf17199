namespace Matrix.Bus.RoomServer;

/// <summary>One slot of a state by its interned numbers, and the event in it; event 0 for a slot that became empty.</summary>
readonly record struct SlotEvent(int Type, long Key, long Event) : IComparable<SlotEvent>
{
    /// <summary>By slot alone: states are sorted and searched by it.</summary>
    public int CompareTo(SlotEvent other) => Type != other.Type ? Type.CompareTo(other.Type) : Key.CompareTo(other.Key);
}

/// <summary>States and changes of states as arrays sorted by slot, and as the bytes they are stored in.</summary>
static class StateDelta
{
    /// <summary>The delta with one slot set.</summary>
    public static SlotEvent[] With(SlotEvent[] delta, SlotEvent change)
    {
        var at = Array.BinarySearch(delta, change);
        if (at >= 0)
        {
            var replaced = (SlotEvent[])delta.Clone();
            replaced[at] = change;
            return replaced;
        }
        at = ~at;
        var grown = new SlotEvent[delta.Length + 1];
        Array.Copy(delta, grown, at);
        grown[at] = change;
        Array.Copy(delta, at, grown, at + 1, delta.Length - at);
        return grown;
    }

    /// <summary>What comes out if <paramref name="over"/> is laid over <paramref name="under"/>; the slots that it empties stay
    /// named if <paramref name="keepRemovals"/>, as a delta wants it, and are left out otherwise, as a full state wants it.</summary>
    public static SlotEvent[] Merge(SlotEvent[] under, SlotEvent[] over, bool keepRemovals)
    {
        var merged = new List<SlotEvent>(under.Length + over.Length);
        int u = 0, o = 0;
        while (u < under.Length || o < over.Length)
        {
            var order = u == under.Length ? 1 : o == over.Length ? -1 : under[u].CompareTo(over[o]);
            var next = order < 0 ? under[u] : over[o];
            if (order <= 0)
                u++;
            if (order >= 0)
                o++;
            if (next.Event != 0 || keepRemovals)
                merged.Add(next);
        }
        return [.. merged];
    }

    /// <summary>The changes that lead from one full state to another.</summary>
    public static SlotEvent[] Difference(SlotEvent[] from, SlotEvent[] to)
    {
        var changes = new List<SlotEvent>();
        int f = 0, t = 0;
        while (f < from.Length || t < to.Length)
        {
            var order = f == from.Length ? 1 : t == to.Length ? -1 : from[f].CompareTo(to[t]);
            if (order < 0)
                changes.Add(from[f++] with { Event = 0 });
            else if (order > 0)
                changes.Add(to[t++]);
            else
            {
                if (from[f++].Event != to[t].Event)
                    changes.Add(to[t]);
                t++;
            }
        }
        return [.. changes];
    }

    /// <summary>The event in a slot of this delta: null if the delta does not name it, 0 if it empties it.</summary>
    public static long? Find(SlotEvent[] delta, int type, long key)
    {
        var at = Array.BinarySearch(delta, new SlotEvent(type, key, 0));
        return at < 0 ? null : delta[at].Event;
    }

    /// <summary>The stored form: three variable-length numbers a slot.</summary>
    public static byte[] Pack(ReadOnlySpan<SlotEvent> delta)
    {
        if (delta.IsEmpty)
            return [];
        var packed = new byte[delta.Length * 3 * Varint.MaxBytes];
        var length = 0;
        foreach (var slot in delta)
        {
            length += Varint.Write(packed.AsSpan(length), slot.Type);
            length += Varint.Write(packed.AsSpan(length), slot.Key);
            length += Varint.Write(packed.AsSpan(length), slot.Event);
        }
        return packed.AsSpan(0, length).ToArray();
    }

    /// <summary>Reads the stored form.</summary>
    public static SlotEvent[] Unpack(ReadOnlySpan<byte> packed)
    {
        var slots = new List<SlotEvent>(packed.Length / 6);
        while (!packed.IsEmpty)
            slots.Add(new SlotEvent((int)Varint.Read(ref packed), Varint.Read(ref packed), Varint.Read(ref packed)));
        return [.. slots];
    }
}
