using System.Diagnostics.CodeAnalysis;

namespace Matrix.Bus.Protocol;

/// <summary>Why an event is not valid in its room version: it is dropped, not rejected.</summary>
public enum PduFault
{
    /// <summary>There is no fault.</summary>
    None = 0,

    /// <summary>Not a JSON object in valid UTF-8.</summary>
    NotJson = 1,

    /// <summary>An object names a key twice.</summary>
    DuplicateKey = 2,

    /// <summary>A string holds half of a surrogate pair.</summary>
    LoneSurrogate = 3,

    /// <summary>Nested too deeply.</summary>
    TooDeep = 4,

    /// <summary>A number that the version's canonical JSON does not admit.</summary>
    BadNumber = 5,

    /// <summary>More than 65,536 bytes of canonical JSON.</summary>
    TooLarge = 6,

    /// <summary>A required field is absent.</summary>
    MissingField = 7,

    /// <summary>A field has another type or range than its version says.</summary>
    IllTypedField = 8,

    /// <summary>A field is longer than 255 bytes.</summary>
    FieldTooLong = 9,

    /// <summary>More than 20 previous events.</summary>
    TooManyPrevEvents = 10,

    /// <summary>More than 10 auth events.</summary>
    TooManyAuthEvents = 11,

    /// <summary>A version 12 create event carries a room id.</summary>
    RoomIdOnCreate = 12,
}

/// <summary>What came of reading or building an event: the event, or why there is none.</summary>
/// <param name="Pdu">The event; null if there is a fault.</param>
/// <param name="Fault">Why there is none.</param>
/// <param name="Field">The field at fault, where one is.</param>
public readonly record struct PduReading(Pdu? Pdu, PduFault Fault, string? Field = null)
{
    /// <summary>True if there is an event.</summary>
    [MemberNotNullWhen(true, nameof(Pdu))]
    public bool IsValid => Pdu is not null;

    /// <summary>The event.</summary>
    /// <exception cref="InvalidPduException">There is none.</exception>
    public Pdu OrThrow() => Pdu ?? throw new InvalidPduException(Fault, Field);

    internal static PduReading Of(PduFault fault, string? field = null) => new(null, fault, field);

    internal static PduReading Of(JsonFault fault) => new(null, (PduFault)(int)fault);
}

/// <summary>An event is not valid in its room version.</summary>
public sealed class InvalidPduException(PduFault fault, string? field)
    : FormatException(field is null ? $"Not a valid event: {fault}." : $"Not a valid event: {fault} ({field}).")
{
    /// <summary>What is wrong.</summary>
    public PduFault Fault { get; } = fault;

    /// <summary>The field at fault, where one is.</summary>
    public string? Field { get; } = field;
}
