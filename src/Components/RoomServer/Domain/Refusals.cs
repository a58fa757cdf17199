using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>The ways in which an input is refused.</summary>
static class Refusals
{
    /// <summary>The room is not known. Whoever cannot see a room is told the same.</summary>
    public static Refusal UnknownRoom(Draft? draft) => draft?.Type == EventTypes.Member
        ? NotThere()
        : new Refusal { Status = 403, Errcode = "M_FORBIDDEN", Error = "You are not in this room.", Rule = "unknown room" };

    /// <summary>The room is not known to this server.</summary>
    public static Refusal NotThere() => new() { Status = 404, Errcode = "M_NOT_FOUND", Error = "This server does not know the room.", Rule = "unknown room" };

    /// <summary>An authorisation rule says no.</summary>
    public static Refusal Forbidden(AuthVerdict verdict) =>
        new() { Status = 403, Errcode = "M_FORBIDDEN", Error = verdict.Sentence, Rule = verdict.Code };

    /// <summary>A draft of somebody who is not of this server.</summary>
    public static Refusal NotOurs(UserId sender) =>
        new() { Status = 403, Errcode = "M_FORBIDDEN", Error = $"{sender} is not a user of this server.", Rule = "sender is local" };

    /// <summary>The draft is no valid event.</summary>
    public static Refusal BadJson(PduFault fault, string? field) => fault switch
    {
        PduFault.TooLarge => new Refusal { Status = 413, Errcode = "M_TOO_LARGE", Error = "The event is larger than 65,536 bytes.", Rule = "size limits" },
        PduFault.FieldTooLong => new Refusal { Status = 400, Errcode = "M_INVALID_PARAM", Error = $"'{field}' is longer than 255 bytes.", Rule = "size limits" },
        _ => new Refusal { Status = 400, Errcode = "M_BAD_JSON", Error = field is null ? $"Not valid as an event: {fault}." : $"Not valid as an event: {fault} ({field}).", Rule = "event format" },
    };

    /// <summary>The input itself makes no sense: a mistake of the caller.</summary>
    public static Refusal BadInput(string error) => new() { Status = 400, Errcode = "M_BAD_JSON", Error = error, Rule = "input" };
}
