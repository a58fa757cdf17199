using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Writes an event of ours, in canonical order, in the three forms that building it needs.</summary>
/// <remarks>What stands before, between and behind <c>hashes</c> and <c>signatures</c> is written once and copied.</remarks>
ref struct EventComposer
{
    readonly EventTemplate template;
    readonly ReadOnlySpan<byte> content;
    readonly ByteBuffer buffer;
    readonly int contentStart;
    readonly int redactsStart;
    readonly int redactsEnd;

    // The parts: [0, head) up to depth or event_id, [head, middle) from origin_server_ts to sender, [middle, tail) the rest.
    readonly int head;
    readonly int middle;
    readonly int tail;

    public EventComposer(EventTemplate template, ReadOnlySpan<byte> canonicalContent, ByteBuffer buffer)
    {
        this.template = template;
        this.buffer = buffer;
        content = canonicalContent;
        buffer.Clear();

        var version = template.Version;
        buffer.Add("{\"auth_events\":"u8);
        AddReferences(template.AuthEvents);
        buffer.Add(",\"content\":"u8);
        contentStart = buffer.Length;
        buffer.Add(canonicalContent);
        buffer.Add(",\"depth\":"u8);
        buffer.AddNumber(template.Depth);
        if (version.EventIdFormat == EventIdFormat.Given)
        {
            GivenId = template.EventId ?? EventId.Generate(template.Sender.Server);
            Add(",\"event_id\":"u8, GivenId.Value);
        }
        head = buffer.Length;

        buffer.Add(",\"origin_server_ts\":"u8);
        buffer.AddNumber(template.OriginServerTs);
        buffer.Add(",\"prev_events\":"u8);
        AddReferences(template.PrevEvents);
        redactsStart = buffer.Length;
        if (TopLevelRedacts is { } redacts)
            Add(",\"redacts\":"u8, redacts.Value);
        redactsEnd = buffer.Length;
        if (template.RoomId is { } roomId)
            Add(",\"room_id\":"u8, roomId.Value);
        Add(",\"sender\":"u8, template.Sender.Value);
        middle = buffer.Length;

        if (template.StateKey is { } stateKey)
            Add(",\"state_key\":"u8, stateKey);
        Add(",\"type\":"u8, template.Type);
        buffer.Add((byte)'}');
        tail = buffer.Length;
    }

    /// <summary>Versions 1 and 2: the id that the event carries.</summary>
    public EventId GivenId { get; }

    readonly EventId? TopLevelRedacts => template.Version.CreatorIsSender ? null : template.Redacts;

    /// <summary>What the content hash covers.</summary>
    public readonly ReadOnlySpan<byte> WithoutProofs() => buffer.Span[..tail];

    /// <summary>What the signature and the reference hash cover.</summary>
    public readonly ReadOnlySpan<byte> Redacted(ReadOnlySpan<byte> hash)
    {
        var start = buffer.Length;
        Copy(0, contentStart);
        Redaction.WriteContent(content, template.Type, template.Version.Redaction, buffer);
        Copy(contentStart + content.Length, head);
        AddHashes(hash);
        // The top-level redacts of versions 1 to 10 is not protected.
        Copy(head, redactsStart);
        Copy(redactsEnd, middle);
        Copy(middle, tail);
        return buffer.Span[start..];
    }

    /// <summary>The signed event.</summary>
    public readonly byte[] Whole(ReadOnlySpan<byte> hash, string server, string keyId, ReadOnlySpan<byte> signature)
    {
        var start = buffer.Length;
        Copy(0, head);
        AddHashes(hash);
        Copy(head, middle);
        buffer.Add(",\"signatures\":{"u8);
        CanonicalText.AddString(buffer, server);
        buffer.Add(":{"u8);
        CanonicalText.AddString(buffer, keyId);
        buffer.Add(":\""u8);
        buffer.AddBase64(signature);
        buffer.Add("\"}}"u8);
        Copy(middle, tail);
        return buffer.Span[start..].ToArray();
    }

    public readonly Pdu ToPdu(byte[] json, EventId id) => new()
    {
        Version = template.Version,
        EventId = id,
        RoomId = template.RoomId ?? RoomId.FromCreateEvent(id),
        Sender = template.Sender,
        Type = EventTypes.Shared(template.Type),
        StateKey = template.StateKey,
        OriginServerTs = template.OriginServerTs,
        Depth = template.Depth,
        PrevEvents = template.PrevEvents,
        AuthEvents = template.AuthEvents,
        Redacts = RedactsOf(),
        Content = JsonElement.Parse(content),
        Json = json,
    };

    // In content it may have come from the caller's own content as well as from the template.
    readonly EventId? RedactsOf()
    {
        if (template.Type != EventTypes.Redaction)
            return null;
        if (!template.Version.CreatorIsSender)
            return template.Redacts;
        return CanonicalText.TryRead(CanonicalMembers.Find(content, "redacts"u8), out var text) && EventId.TryParse(text, out var id) ? id : null;
    }

    readonly void Copy(int start, int end)
    {
        buffer.Reserve(end - start);
        buffer.Add(buffer.Span[start..end]);
    }

    readonly void Add(ReadOnlySpan<byte> key, string value)
    {
        buffer.Add(key);
        CanonicalText.AddString(buffer, value);
    }

    readonly void AddHashes(ReadOnlySpan<byte> hash)
    {
        buffer.Add(",\"hashes\":{\"sha256\":\""u8);
        buffer.AddBase64(hash);
        buffer.Add("\"}"u8);
    }

    readonly void AddReferences(IReadOnlyList<EventId> references)
    {
        var asPairs = template.Version.EventIdFormat == EventIdFormat.Given;
        buffer.Add((byte)'[');
        for (var i = 0; i < references.Count; i++)
        {
            if (i > 0)
                buffer.Add((byte)',');
            if (asPairs)
                buffer.Add((byte)'[');
            CanonicalText.AddString(buffer, references[i].Value);
            // The hash beside an id is part of the format; nobody has ever checked it.
            if (asPairs)
                buffer.Add(",{}]"u8);
        }
        buffer.Add((byte)']');
    }
}
