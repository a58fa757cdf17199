using System.Buffers.Text;
using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Takes the fields of one event out of its canonical bytes and checks each against the format of its version.</summary>
ref struct PduChecks
{
    readonly ReadOnlySpan<byte> bytes;
    readonly RoomVersion version;

    EventId[] prevEvents = [];
    EventId[] authEvents = [];
    RoomId roomId;
    UserId sender;
    EventId? redacts;
    string? stateKey;
    long timestamp;
    long depth;

    public PduChecks(ReadOnlySpan<byte> canonicalEvent, RoomVersion version)
    {
        bytes = canonicalEvent;
        this.version = version;
        Fields = EventFields.Find(canonicalEvent);
    }

    /// <summary>From the wire: hashes and signatures must be there, and ids have the form of the version.</summary>
    public bool Strict { get; init; }

    /// <summary>The id is the one that the event names.</summary>
    public bool IsNamed { get; init; }

    public EventFields Fields { get; }

    public PduFault Fault { get; private set; }

    public string? Field { get; private set; }

    public string Type { get; private set; } = "";

    public EventId EventId { get; set; }

    public bool Run() =>
        CheckType() && CheckSender() && CheckEventId() && CheckRoomId() && CheckStateKey() && CheckContent() && CheckNumbers()
        && CheckReferences(Fields.PrevEvents, "prev_events", PduReader.MaxPrevEvents, PduFault.TooManyPrevEvents, out prevEvents)
        && CheckReferences(Fields.AuthEvents, "auth_events", PduReader.MaxAuthEvents, PduFault.TooManyAuthEvents, out authEvents)
        && CheckRedacts() && CheckProofs();

    public readonly Pdu ToPdu(ReadOnlyMemory<byte> json, bool isRedacted) => new()
    {
        Version = version,
        EventId = EventId,
        RoomId = HasDerivedRoomId ? RoomId.FromCreateEvent(EventId) : roomId,
        Sender = sender,
        Type = Type,
        StateKey = stateKey,
        OriginServerTs = timestamp,
        Depth = depth,
        PrevEvents = prevEvents,
        AuthEvents = authEvents,
        Redacts = redacts,
        Content = JsonElement.Parse(Fields.Content.Of(bytes)),
        Json = json,
        IsRedacted = isRedacted,
    };

    readonly bool HasDerivedRoomId => version.RoomIdIsCreateHash && Type == EventTypes.Create && stateKey == "";

    bool Fail(PduFault fault, string field)
    {
        Fault = fault;
        Field = field;
        return false;
    }

    bool ReadText(Slice field, string name, out string text)
    {
        text = "";
        if (field.IsAbsent)
            return Fail(PduFault.MissingField, name);
        var value = field.Of(bytes);
        if (value[0] != '"')
            return Fail(PduFault.IllTypedField, name);
        if (CanonicalText.ByteCount(value) > Grammar.MaxBytes)
            return Fail(PduFault.FieldTooLong, name);
        if (!CanonicalText.TryRead(value, out var read))
            return Fail(PduFault.IllTypedField, name);
        text = read;
        return true;
    }

    bool CheckType()
    {
        if (!ReadText(Fields.Type, "type", out var text))
            return false;
        Type = EventTypes.Shared(text);
        return true;
    }

    bool CheckSender()
    {
        if (!ReadText(Fields.Sender, "sender", out var text))
            return false;
        return UserId.TryParse(text, out sender) || Fail(PduFault.IllTypedField, "sender");
    }

    bool CheckEventId()
    {
        if (!IsNamed && (version.EventIdFormat != EventIdFormat.Given || !Strict))
            return true;
        if (!ReadText(Fields.EventId, "event_id", out var text))
            return false;
        if (!EventId.TryParse(text, out var id) || (!IsNamed && id.Server is null))
            return Fail(PduFault.IllTypedField, "event_id");
        EventId = id;
        return true;
    }

    bool CheckRoomId()
    {
        if (version.RoomIdIsCreateHash && Type == EventTypes.Create && IsEmptyString(Fields.StateKey))
            return Fields.RoomId.IsAbsent || (IsNamed && ReadText(Fields.RoomId, "room_id", out _)) || Fail(PduFault.RoomIdOnCreate, "room_id");
        if (!ReadText(Fields.RoomId, "room_id", out var text))
            return false;
        return (RoomId.TryParse(text, out roomId) && (!Strict || roomId.IsOf(version))) || Fail(PduFault.IllTypedField, "room_id");
    }

    bool CheckStateKey()
    {
        if (Fields.StateKey.IsAbsent)
            return true;
        if (!ReadText(Fields.StateKey, "state_key", out var text))
            return false;
        stateKey = text;
        return true;
    }

    bool CheckContent()
    {
        if (Fields.Content.IsAbsent)
            return Fail(PduFault.MissingField, "content");
        return CanonicalMembers.IsObject(Fields.Content.Of(bytes)) || Fail(PduFault.IllTypedField, "content");
    }

    bool CheckNumbers()
    {
        if (!ReadNumber(Fields.OriginServerTs, "origin_server_ts", out timestamp))
            return false;
        if (IsNamed && Fields.Depth.IsAbsent)
            return true;
        if (!ReadNumber(Fields.Depth, "depth", out depth))
            return false;
        if (depth < 0)
            return Fail(PduFault.IllTypedField, "depth");
        // Versions 1 to 5 admit depths up to 2^63−1, and rooms exist that were pushed there; our figure stays within bounds.
        depth = Math.Min(depth, CanonicalJson.MaxInteger);
        return true;
    }

    bool ReadNumber(Slice field, string name, out long number)
    {
        number = 0;
        if (field.IsAbsent)
            return Fail(PduFault.MissingField, name);
        var value = field.Of(bytes);
        return (Utf8Parser.TryParse(value, out number, out var used) && used == value.Length) || Fail(PduFault.IllTypedField, name);
    }

    bool CheckReferences(Slice field, string name, int limit, PduFault tooMany, out EventId[] references)
    {
        references = [];
        if (field.IsAbsent)
            return Fail(PduFault.MissingField, name);
        var value = field.Of(bytes);
        if (!CanonicalMembers.IsArray(value))
            return Fail(PduFault.IllTypedField, name);
        Span<EventId> found = new EventId[limit];
        var count = 0;
        var items = new CanonicalMembers(value);
        while (items.NextItem())
        {
            if (count == limit)
                return Fail(tooMany, name);
            if (!ReadReference(items.Value, out found[count++]))
                return Fail(PduFault.IllTypedField, name);
        }
        references = count == 0 ? [] : found[..count].ToArray();
        return true;
    }

    readonly bool ReadReference(ReadOnlySpan<byte> item, out EventId id)
    {
        id = default;
        var isPair = CanonicalMembers.IsArray(item);
        if (isPair != (version.EventIdFormat == EventIdFormat.Given) && !(IsNamed && !isPair))
            return false;
        if (isPair)
        {
            var pair = new CanonicalMembers(item);
            if (!pair.NextItem())
                return false;
            var named = pair.Value;
            if (!pair.NextItem() || !CanonicalMembers.IsObject(pair.Value) || pair.NextItem())
                return false;
            item = named;
        }
        return CanonicalText.TryRead(item, out var text) && EventId.TryParse(text, out id);
    }

    bool CheckRedacts()
    {
        if (Type != EventTypes.Redaction)
            return true;
        var inContent = version.CreatorIsSender;
        var value = inContent ? CanonicalMembers.Find(Fields.Content.Of(bytes), "redacts"u8) : Fields.Redacts.Of(bytes);
        if (value.IsEmpty)
            return true;
        if (CanonicalText.TryRead(value, out var text) && EventId.TryParse(text, out var id))
        {
            redacts = id;
            return true;
        }
        // Content is the sender's own affair; the top level is the event format's.
        return inContent || Fail(PduFault.IllTypedField, "redacts");
    }

    bool CheckProofs()
    {
        if (!Strict)
            return true;
        if (Fields.Hashes.IsAbsent)
            return Fail(PduFault.MissingField, "hashes");
        if (!CanonicalMembers.IsObject(Fields.Hashes.Of(bytes)))
            return Fail(PduFault.IllTypedField, "hashes");
        if (Fields.Signatures.IsAbsent)
            return Fail(PduFault.MissingField, "signatures");
        return CanonicalMembers.IsObject(Fields.Signatures.Of(bytes)) || Fail(PduFault.IllTypedField, "signatures");
    }

    readonly bool IsEmptyString(Slice field) => field.Of(bytes).SequenceEqual("\"\""u8);
}
