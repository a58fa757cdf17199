using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Events that come as PDUs: the create event of a new room, and what other servers sent.</summary>
sealed class RemoteEvents(Drafting drafting, RemoteEvents.Parts parts, RoomServerContext context)
{
    // The owner's numbers rise: a room's first events are those with the lowest.
    const string FirstSql = "SELECT event_id FROM rooms.event WHERE room_nid = $1 ORDER BY event_nid LIMIT $2";

    /// <summary>What this needs of the component.</summary>
    public sealed class Parts([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
    {
        public NpgsqlDataSource Db { get; } = db;
    }

    /// <summary>Stages the create event of a new room; the head of the room, or why not.</summary>
    public async Task<(RoomHead?, Refusal?)> Create(InputRoomEvents call, string version, Batch batch, CancellationToken cancel)
    {
        if (RoomVersion.Find(version) is not { } rules)
            return (null, new Refusal { Status = 400, Errcode = "M_UNSUPPORTED_ROOM_VERSION", Error = $"This server does not speak room version '{version}'." });
        if (call.Events[0] is not { Kind: InputKind.New, Pdu: { } json })
            return (null, Refusals.BadInput("The first input of a room begins with its create event as a PDU."));
        var reading = PduReader.Read(json.Utf8, rules);
        if (reading.Pdu is not { } pdu)
            return (null, Refusals.BadJson(reading.Fault, reading.Field));
        if (!pdu.IsStateOf(EventTypes.Create, "") || pdu.RoomId != call.RoomId)
            return (null, Refusals.BadInput("The first event of a room is its own create event."));

        var head = new RoomHead { Nid = batch.Nids.Next(), RoomId = pdu.RoomId, Version = rules, IsComplete = true };
        var verdict = AuthRules.Check(pdu, head);
        if (!verdict.Allowed)
            return (null, Refusals.Forbidden(verdict));
        await context.Preparation.EnsureNames(pdu.Type, pdu.StateKey, cancel);
        batch.Rows.Rooms.Add(new RoomRow(head.Nid, head.RoomId.Value, rules.Id));
        drafting.Append(head, pdu, [], [], null, batch);
        return (head, null);
    }

    /// <summary>Answers the creation of a room that exists: with its first events if it is the same, and by a refusal if not.</summary>
    public async Task<(InputOutcome?, Refusal?)> RepeatOfCreation(InputRoomEvents call, RoomHead head, CancellationToken cancel)
    {
        if (call.Events[0].Pdu is not { } json || PduReader.Read(json.Utf8, head.Version).Pdu is not { } pdu
            || head.Get(StateSlot.Create).Pdu?.EventId != pdu.EventId)
            return (null, new Refusal { Status = 409, Errcode = "M_ROOM_IN_USE", Error = "There is a room of that id." });

        await using var command = parts.Db.CreateCommand(FirstSql);
        command.Parameters.Add(Sql.Of(head.Nid));
        command.Parameters.Add(Sql.Of(call.Events.Count));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var outcomes = new List<EventOutcome>();
        while (await reader.ReadAsync(cancel))
            outcomes.Add(new EventOutcome { EventId = EventId.Parse(reader.GetString(0)), Verdict = EventVerdict.Accepted, Repeat = true });
        return (new InputOutcome { Events = outcomes }, null);
    }

    /// <summary>Stages one PDU.</summary>
    public Task<EventOutcome> Stage(RoomHead head, RawJson json, InputKind kind, ServerName? origin, Batch batch, CancellationToken cancel) =>
        throw new NotSupportedException();
}
