using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.Sync.Reading;

/// <summary>Answers requests with events of one room, as the requester may see them and with what relates to them.</summary>
sealed class EventLists(Bundles bundles, TimeProvider clock)
{
    /// <summary>What relates to the events, by event id.</summary>
    public Task<IReadOnlyDictionary<string, Bundle>> Bundles(RoomAccess access, IEnumerable<SyncEvent> events, CancellationToken cancel)
    {
        // State events are no parents of aggregations.
        var timeline = events.Where(e => e is { IsState: false, Position: not null }).ToList();
        var room = new RoomAnswer(access.RoomId.Value) { Timeline = timeline, Visibility = access.Visibility, RelationsUpTo = access.RelationsUpTo };
        return bundles.Of([room], access.Viewer, access.Ignored, cancel);
    }

    /// <summary>A writer of events for a requester.</summary>
    public EventWriter Writer(Requester requester) => new(requester.UserId, requester.DeviceId, clock.GetUtcNow().ToUnixTimeMilliseconds(), withRoomId: true);

    /// <summary>Answers 200 with what <paramref name="write"/> writes.</summary>
    public static async Task Respond(HttpContext http, Action<Utf8JsonWriter> write, CancellationToken cancel)
    {
        http.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter, ClientEvent.Options);
        write(writer);
        await writer.FlushAsync(cancel);
    }

    /// <summary>Writes an array of timeline events.</summary>
    public static void Write(
        Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<SyncEvent> timeline, EventWriter events, RoomAccess access, IReadOnlyDictionary<string, Bundle> bundles)
    {
        writer.WriteStartArray(name);
        foreach (var it in timeline)
            events.Write(writer, it, access.MembershipAt(it), bundles.GetValueOrDefault(it.EventId));
        writer.WriteEndArray();
    }

    /// <summary>Writes an array of state events.</summary>
    public static void WriteState(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<SyncEvent> state, EventWriter events)
    {
        writer.WriteStartArray(name);
        foreach (var it in state)
            events.Write(writer, it);
        writer.WriteEndArray();
    }
}
