namespace Matrix.Bus.Messages;

/// <summary>A question or a command that is answered with <typeparamref name="TAnswer"/>. Implement <see cref="IQuery{TAnswer}"/>
/// or <see cref="IPerform{TAnswer}"/>.</summary>
/// <remarks>One record and one handler; whether the handler runs in this process or in another is not the caller's business.
/// An expected refusal is a <see cref="Refusal"/>, the same on both roads.</remarks>
public interface ICall<TAnswer>
    where TAnswer : class;

/// <summary>Reads; may be repeated.</summary>
public interface IQuery<TAnswer> : ICall<TAnswer>
    where TAnswer : class;

/// <summary>Changes something and answers; repeating it after a timeout is safe (the record names what makes it so).</summary>
public interface IPerform<TAnswer> : ICall<TAnswer>
    where TAnswer : class;

/// <summary>A call about one room that only the owner of the room's partition may answer: it is routed to that partition and
/// handled in turn with the partition's other work.</summary>
public interface IRoomCall
{
    /// <summary>The room whose partition answers.</summary>
    Protocol.RoomId RoomId { get; }
}

/// <summary>Names the component that answers a call.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AnsweredByAttribute(string component) : Attribute
{
    /// <summary>One of <see cref="ComponentNames"/>.</summary>
    public string Component { get; } = component;

    /// <summary>How long the caller waits, in seconds.</summary>
    public int TimeoutSeconds { get; init; } = 30;
}

/// <summary>The components by name: as in configuration, addresses, schemas and logs.</summary>
public static class ComponentNames
{
    /// <summary>The client-server API at the edge.</summary>
    public const string ClientApi = "ClientApi";

    /// <summary>What clients see: sync, timelines, relations.</summary>
    public const string Sync = "Sync";

    /// <summary>The rooms: events, state, membership, aliases.</summary>
    public const string RoomServer = "RoomServer";

    /// <summary>Accounts, devices, tokens, profiles, account data.</summary>
    public const string UserApi = "UserApi";

    /// <summary>Typing and (later) to-device messages.</summary>
    public const string EduServer = "EduServer";

    /// <summary>Read receipts and markers.</summary>
    public const string Receipts = "Receipts";
}

/// <summary>An answer without content: done.</summary>
public sealed record Done
{
    /// <summary>The one instance worth having.</summary>
    public static Done It { get; } = new();
}
