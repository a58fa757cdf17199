using System.Text.Json;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>An event that is to be redacted.</summary>
sealed record RedactionTarget(long Nid, Pdu Pdu);

/// <summary>Applies redactions: the stored event becomes its redacted form, and the log tells it.</summary>
sealed class Redactions([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string TargetsSql = """
        SELECT e.event_nid, e.event_id, r.version, j.json, j.redacted
        FROM rooms.event e JOIN rooms.room r USING (room_nid) JOIN rooms.event_json j USING (event_nid)
        WHERE e.event_id = ANY($1)
        """;

    const string WaitingSql = """
        SELECT e.event_id, r.version, j.json, j.redacted
        FROM rooms.waiting_redaction w
            JOIN rooms.event e ON e.event_nid = w.redaction_nid JOIN rooms.room r USING (room_nid) JOIN rooms.event_json j USING (event_nid)
        WHERE w.redacts = $1
        """;

    /// <summary>What a draft redacts: named beside its content, or in it from room version 11 on.</summary>
    public static EventId? TargetOf(Draft draft)
    {
        if (draft.Type != EventTypes.Redaction)
            return null;
        if (draft.Redacts is { } beside)
            return beside;
        try
        {
            return draft.Content.Parse() is { ValueKind: JsonValueKind.Object } content
                && content.TryGetProperty("redacts"u8, out var redacts) && redacts.ValueKind == JsonValueKind.String
                && EventId.TryParse(redacts.GetString(), out var id)
                ? id
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // It will be refused for it.
            return null;
        }
    }

    /// <summary>Loads targets that are stored.</summary>
    public async Task Load(IReadOnlyCollection<EventId> ids, Dictionary<EventId, RedactionTarget> into, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(TargetsSql);
        command.Parameters.Add(Sql.Array([.. ids.Select(id => id.Value)]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var id = EventId.Parse(reader.GetString(1));
            into[id] = new RedactionTarget(
                reader.GetInt64(0), PduReader.ReadStored(reader.GetFieldValue<byte[]>(3), RoomVersion.Find(reader.GetString(2))!, id, reader.GetBoolean(4)));
        }
    }

    /// <summary>The redactions that came before their target did.</summary>
    public async Task<List<Pdu>> Waiting(EventId target, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(WaitingSql);
        command.Parameters.Add(Sql.Of(target.Value));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var waiting = new List<Pdu>();
        while (await reader.ReadAsync(cancel))
            waiting.Add(PduReader.ReadStored(reader.GetFieldValue<byte[]>(2), RoomVersion.Find(reader.GetString(1))!, EventId.Parse(reader.GetString(0)), reader.GetBoolean(3)));
        return waiting;
    }

    /// <summary>Whether a local user may redact: their own events, or anybody's with the level for it. An unknown target may be
    /// somebody's on another server: that is for those to judge who know it.</summary>
    public static Refusal? Check(RoomHead head, Draft draft, Batch batch)
    {
        if (TargetOf(draft) is not { } id || batch.Target(id) is not { } target || target.Pdu.RoomId != head.RoomId || target.Pdu.Sender == draft.Sender)
            return null;
        return head.PowerLevels.UserLevel(draft.Sender) >= head.PowerLevels.Redact
            ? null
            : new Refusal { Status = 403, Errcode = "M_FORBIDDEN", Error = "You may not redact other people's events in this room.", Rule = "redact level" };
    }

    /// <summary>Applies an accepted redaction to its target, or lets it wait for it.</summary>
    public static void Apply(RoomHead head, Pdu redaction, long redactionNid, Batch batch)
    {
        if (redaction.Redacts is not { } id)
            return;
        if (batch.Target(id) is not { } target)
        {
            batch.Rows.WaitingRedactions.Add(new WaitingRedactionRow(id.Value, redactionNid));
            return;
        }
        Apply(head, redaction, target, batch);
    }

    /// <summary>Applies an accepted redaction to a target that is there.</summary>
    public static void Apply(RoomHead head, Pdu redaction, RedactionTarget target, Batch batch)
    {
        if (target.Pdu.IsRedacted || !RedactionRules.MayApply(redaction, target.Pdu, head.PowerLevels))
            return;
        var redacted = Redaction.Redact(target.Pdu);
        batch.SetTarget(redacted.EventId, target with { Pdu = redacted });
        batch.Rows.Redacted.Add(new RedactedRow(target.Nid, redacted.Json));
        head.Redact(redacted);
        batch.Output(
            head,
            new OutputRoomEvent
            {
                Kind = OutputKind.Redacted,
                RoomId = head.RoomId,
                RoomVersion = head.Version.Id,
                Sequence = ++head.Sequence,
                EventId = redacted.EventId,
                Event = new RawJson(redacted.Json),
                RedactedBecause = redaction.EventId,
                StoredAt = batch.Now,
            },
            target.Nid);
    }
}
