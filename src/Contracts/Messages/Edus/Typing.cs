using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Edus;

/// <summary>A user types in a room, or does not any more. Whoever asks has made sure that the user is in the room. Repeating it
/// begins the time anew.</summary>
[AnsweredBy(ComponentNames.EduServer)]
public sealed record InputTyping : IPerform<Done>, IRoomCall
{
    /// <inheritdoc/>
    public required RoomId RoomId { get; init; }

    /// <summary>Who.</summary>
    public required UserId UserId { get; init; }

    /// <summary>False if they stopped.</summary>
    public required bool Typing { get; init; }

    /// <summary>For how many milliseconds, unless they say otherwise; bounded by <see cref="MaxTimeout"/>.</summary>
    public int Timeout { get; init; } = DefaultTimeout;

    /// <summary>What counts where no time is named, in milliseconds.</summary>
    public const int DefaultTimeout = 30_000;

    /// <summary>The longest time, in milliseconds: a client that is gone must not type for ever.</summary>
    public const int MaxTimeout = 120_000;
}

/// <summary>Who types in a room? As far as this server has heard; who has just left may still be named until their time is over.</summary>
[AnsweredBy(ComponentNames.EduServer)]
public sealed record QueryTyping : IQuery<TypingUsers>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }
}

/// <summary>Users that type.</summary>
public sealed record TypingUsers
{
    /// <summary>In the order of their ids.</summary>
    public required IReadOnlyList<UserId> UserIds { get; init; }
}

/// <summary>A user types in a room, or does not any more: told to every host at once.</summary>
/// <remarks>A broadcast and not a stored log: it is worthless after seconds, ends by itself at every hearer, and the client says it
/// again while it lasts, so that whoever missed it is merely late. Each user stands alone in it, so that hearers need no order but
/// <see cref="Version"/>.</remarks>
public sealed record OutputTyping : IBroadcast
{
    /// <summary>Where.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who.</summary>
    public required UserId UserId { get; init; }

    /// <summary>False if they stopped.</summary>
    public required bool Typing { get; init; }

    /// <summary>When they stop by themselves, in milliseconds from when it is heard: hosts need not agree on the time of day.</summary>
    public required int Timeout { get; init; }

    /// <summary>Rises with what is said of a room: something older that comes later does not count.</summary>
    public required long Version { get; init; }
}
