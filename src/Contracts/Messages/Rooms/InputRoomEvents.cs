using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>Events for one room, to be judged and stored in order by the owner of the room's partition.</summary>
/// <remarks>Drafts of one input are all accepted or all refused (a refusal names the first that failed); each remote event is
/// judged for itself. Repeating an input is safe: a draft is known by its <see cref="Draft.Transaction"/>, a PDU by its id.</remarks>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record InputRoomEvents : IPerform<InputOutcome>, IRoomCall
{
    /// <inheritdoc/>
    public required RoomId RoomId { get; init; }

    /// <summary>In order; at most 100.</summary>
    public required IReadOnlyList<InputEvent> Events { get; init; }

    /// <summary>Set for the first input of a new room, whose first event is its create event: the room's version.</summary>
    public string? CreatesRoomOfVersion { get; init; }

    /// <summary>The server that sent the events; null for our own.</summary>
    public ServerName? Origin { get; init; }
}

/// <summary>One event to judge: a draft or a PDU.</summary>
public sealed record InputEvent
{
    /// <summary>What to do with it.</summary>
    public required InputKind Kind { get; init; }

    /// <summary>For <see cref="InputKind.Draft"/>: what a local user wants to say.</summary>
    public Draft? Draft { get; init; }

    /// <summary>For the other kinds: the PDU as received, signatures already verified.</summary>
    public RawJson? Pdu { get; init; }

    /// <summary>For <see cref="InputKind.Forget"/>: the local user who forgets the room.</summary>
    public UserId? Forgets { get; init; }
}

/// <summary>The kinds of input.</summary>
public enum InputKind
{
    /// <summary>A local user's event, to be built at the head of the room.</summary>
    Draft = 1,

    /// <summary>A PDU that moves the room forward.</summary>
    New = 2,

    /// <summary>A PDU from before what is known: history, never current state.</summary>
    Old = 3,

    /// <summary>A PDU outside the room's graph: kept for auth and invites alone.</summary>
    Outlier = 4,

    /// <summary>No event: a local user forgets the room they have left. The outcome names their member event.</summary>
    Forget = 5,
}

/// <summary>An event before it has a place: the head of the room gives it prev and auth events, depth, hash and signature.</summary>
public sealed record Draft
{
    /// <summary>Who says it; local.</summary>
    public required UserId Sender { get; init; }

    /// <summary>Event type.</summary>
    public required string Type { get; init; }

    /// <summary>State key; null for a message.</summary>
    public string? StateKey { get; init; }

    /// <summary>The content object.</summary>
    public required RawJson Content { get; init; }

    /// <summary>For m.room.redaction: what it redacts.</summary>
    public EventId? Redacts { get; init; }

    /// <summary>Milliseconds since the epoch; null for now (app services may say otherwise).</summary>
    public long? OriginServerTs { get; init; }

    /// <summary>What makes a repeat the same event.</summary>
    public DraftTransaction? Transaction { get; init; }

    /// <summary>For a membership draft of somebody who is not in the room yet to be let in by the join rules of a restricted
    /// room, the local user who authorises it is found by the room; true asks for that.</summary>
    public bool AuthoriseRestrictedJoin { get; init; }

    /// <summary>For a membership draft: the memberships of its state key's user ("join", "invite", …, "none") at the head of the
    /// room that permit it; null for any. Keeps a kick that races a ban from lifting it.</summary>
    public IReadOnlyList<string>? OnlyIfMembershipIs { get; init; }

    /// <summary>True for a state draft that need not be sent if the slot already has this content from this sender: the standing
    /// event is the answer then.</summary>
    public bool UnlessAlreadySo { get; init; }
}

/// <summary>A client's transaction id in its scope (spec: "Transaction identifiers": per device and endpoint).</summary>
public sealed record DraftTransaction
{
    /// <summary>The device of the sender.</summary>
    public required string DeviceId { get; init; }

    /// <summary>The path up to the id, so that send and redact do not meet.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The client's id.</summary>
    public required string TransactionId { get; init; }
}

/// <summary>What became of each event of an input, in its order.</summary>
public sealed record InputOutcome
{
    /// <summary>One per event.</summary>
    public required IReadOnlyList<EventOutcome> Events { get; init; }
}

/// <summary>What became of one event.</summary>
public sealed record EventOutcome
{
    /// <summary>Its id.</summary>
    public required EventId EventId { get; init; }

    /// <summary>The verdict.</summary>
    public required EventVerdict Verdict { get; init; }

    /// <summary>The failing rule, unless accepted.</summary>
    public string? Rule { get; init; }

    /// <summary>A sentence for people, unless accepted.</summary>
    public string? Reason { get; init; }

    /// <summary>For a dropped event: the events it rests on that are not known here; input them first, then it again.</summary>
    public IReadOnlyList<EventId>? Missing { get; init; }

    /// <summary>True if it was known before: nothing was done again.</summary>
    public bool Repeat { get; init; }
}

/// <summary>The outcome of the receipt checks (server-server API, "Checks performed on receipt of a PDU").</summary>
public enum EventVerdict
{
    /// <summary>In the room.</summary>
    Accepted = 1,

    /// <summary>Allowed by its own auth events, not by the current state: kept, never an extremity.</summary>
    SoftFailed = 2,

    /// <summary>Not allowed: kept as evidence, never part of the room.</summary>
    Rejected = 3,

    /// <summary>Not kept at all.</summary>
    Dropped = 4,
}
