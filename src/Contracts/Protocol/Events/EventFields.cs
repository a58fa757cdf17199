namespace Matrix.Bus.Protocol;

/// <summary>Where the known fields of an event stand in its canonical bytes. An absent field is an empty range.</summary>
struct EventFields
{
    public Slice AuthEvents;
    public Slice Content;
    public Slice Depth;
    public Slice EventId;
    public Slice Hashes;
    public Slice OriginServerTs;
    public Slice PrevEvents;
    public Slice Redacts;
    public Slice RoomId;
    public Slice Sender;
    public Slice Signatures;
    public Slice StateKey;
    public Slice Type;
    public Slice Unsigned;

    public static EventFields Find(ReadOnlySpan<byte> canonicalEvent)
    {
        var fields = new EventFields();
        var members = new CanonicalMembers(canonicalEvent);
        while (members.NextMember())
        {
            var place = new Slice(members.ValueStart, members.ValueLength);
            var key = members.Key;
            switch (key.Length)
            {
                case 4 when key.SequenceEqual("type"u8): fields.Type = place; break;
                case 5 when key.SequenceEqual("depth"u8): fields.Depth = place; break;
                case 6 when key.SequenceEqual("hashes"u8): fields.Hashes = place; break;
                case 6 when key.SequenceEqual("sender"u8): fields.Sender = place; break;
                case 7 when key.SequenceEqual("content"u8): fields.Content = place; break;
                case 7 when key.SequenceEqual("redacts"u8): fields.Redacts = place; break;
                case 7 when key.SequenceEqual("room_id"u8): fields.RoomId = place; break;
                case 8 when key.SequenceEqual("event_id"u8): fields.EventId = place; break;
                case 8 when key.SequenceEqual("unsigned"u8): fields.Unsigned = place; break;
                case 9 when key.SequenceEqual("state_key"u8): fields.StateKey = place; break;
                case 10 when key.SequenceEqual("signatures"u8): fields.Signatures = place; break;
                case 11 when key.SequenceEqual("auth_events"u8): fields.AuthEvents = place; break;
                case 11 when key.SequenceEqual("prev_events"u8): fields.PrevEvents = place; break;
                case 16 when key.SequenceEqual("origin_server_ts"u8): fields.OriginServerTs = place; break;
            }
        }
        return fields;
    }
}

/// <summary>A place in canonical bytes.</summary>
readonly record struct Slice(int Start, int Length)
{
    public bool IsAbsent => Length == 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes) => bytes.Slice(Start, Length);
}
