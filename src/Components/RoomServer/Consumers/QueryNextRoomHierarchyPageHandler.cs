using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Walks a space depth first, each room once, leaving out what the asker may not hear of.</summary>
/// <remarks>The token is the number of rooms already given: the walk is made again up to there. Bounded in rooms and depth.</remarks>
sealed class QueryNextRoomHierarchyPageHandler(RoomReader rooms, RoomSummaries summaries) : ICallHandler<QueryNextRoomHierarchyPage, RoomHierarchyPage>
{
    const int MaxRooms = 1000;
    const int MaxDepth = 20;

    /// <summary>Rooms looked at, whether they may be shown or not.</summary>
    const int MaxSeen = 5 * MaxRooms;

    public async Task<RoomHierarchyPage> Handle(QueryNextRoomHierarchyPage call, CancellationToken cancel)
    {
        var skip = 0;
        if (call.From is { } from && !int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out skip))
            throw new RefusedException(400, "M_INVALID_PARAM", "from is no token of this hierarchy.");

        var found = new List<HierarchyRoom>();
        var seen = new HashSet<RoomId>();
        var stack = new Stack<(RoomId Room, int Depth)>();
        stack.Push((call.RoomId, 0));
        skip = Math.Min(skip, MaxRooms);
        var wanted = Math.Min(skip + call.Limit + 1, MaxRooms);
        while (found.Count < wanted && seen.Count < MaxSeen && stack.TryPop(out var next))
        {
            if (!seen.Add(next.Room) || await Visible(next.Room, call.Viewer, cancel) is not { } summary)
                continue;
            var children = summary.RoomType == "m.space"
                ? SpaceChildren.Of((await rooms.State(next.Room, SpaceChildren.Type, cancel)).Values, call.SuggestedOnly)
                : [];
            found.Add(new HierarchyRoom { Summary = summary, ChildrenState = [.. children.Select(child => Stripped(child.Event))] });
            if (next.Depth < Math.Min(call.MaxDepth ?? MaxDepth, MaxDepth))
            {
                for (var i = children.Count - 1; i >= 0; i--)
                    stack.Push((children[i].Room, next.Depth + 1));
            }
        }
        if (found.Count == 0)
            throw new RefusedException(403, "M_FORBIDDEN", "There is no such space, or you may not see it.");

        var end = skip + call.Limit;
        return new RoomHierarchyPage
        {
            Rooms = [.. found.Skip(skip).Take(call.Limit)],
            NextBatch = found.Count > end ? end.ToString(CultureInfo.InvariantCulture) : null,
        };
    }

    async Task<RoomSummary?> Visible(RoomId room, UserId viewer, CancellationToken cancel) =>
        await summaries.Of(room, cancel) is { } summary
        && await summaries.MayHear(summary, viewer, await rooms.Membership(room, viewer, cancel), cancel)
            ? summary
            : null;

    /// <summary>Stripped state with <c>origin_server_ts</c>, by which clients sort (client-server API, hierarchy).</summary>
    static RawJson Stripped(Pdu pdu)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, pdu.Type);
            writer.WriteString("state_key"u8, pdu.StateKey);
            writer.WriteString("sender"u8, pdu.Sender.Value);
            writer.WriteNumber("origin_server_ts"u8, pdu.OriginServerTs);
            writer.WritePropertyName("content"u8);
            pdu.Content.WriteTo(writer);
            writer.WriteEndObject();
        }
        return new RawJson(buffer.WrittenMemory);
    }
}
