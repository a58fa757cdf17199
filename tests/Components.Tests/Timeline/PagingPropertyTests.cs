using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Matrix.Bus.Components.Tests.Sync;

namespace Matrix.Bus.Components.Tests.Timeline;

/// <summary>Whatever happened in a room, and whoever looks: pages of any size, either way, are what a plain replay says the viewer
/// may see.</summary>
public sealed class PagingPropertyTests(TimelineServer server) : IClassFixture<TimelineServer>
{
    const string Alice = "@alice:here", Bob = "@bob:here";
    static readonly string[] Visibilities = ["world_readable", "shared", "invited", "joined"];
    static int rooms;

    [Fact]
    public async Task Pages_are_what_a_plain_replay_lets_the_viewer_see()
    {
        var histories = Gen.Choose(0, 8).ListOf(18).Sample(20, 30);
        foreach (var history in histories)
            await Check([.. history]);
    }

    async Task Check(int[] history)
    {
        var room = new RoomLog($"!paging{Interlocked.Increment(ref rooms)}:here").Created(visibility: Visibilities[history[0] % 4]);
        var events = room.Entries.Select(entry => entry.Entry.EventId!.Value.Value).ToList();
        var membership = "";
        foreach (var step in history)
        {
            switch (step)
            {
                case 0 when membership is "" or "leave":
                    events.Add(room.Member(Alice, Bob, membership = "invite"));
                    break;
                case 1 or 2 when membership != "join":
                    events.Add(room.Member(Bob, Bob, membership = "join"));
                    break;
                case 3 when membership is "join" or "invite":
                    events.Add(room.Member(Bob, Bob, membership = "leave"));
                    break;
                case 4 or 5:
                    events.Add(room.State(Alice, "m.room.history_visibility", "", new { history_visibility = Visibilities[(step + events.Count) % 4] }));
                    break;
                default:
                    events.Add(room.Message(Alice, $"{events.Count}"));
                    break;
            }
        }
        await server.Tell(room);

        var (expected, mayRead) = Replay(room);
        var all = await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir=f&limit=1000");
        if (!mayRead)
        {
            Assert.Equal(HttpStatusCode.Forbidden, all.Status);
            return;
        }
        Assert.Equal(expected, all.Ok().Ids());
        Assert.Equal(expected, await Pages(room, "f", 1 + (history[1] % 4)));
        Assert.Equal(expected, Enumerable.Reverse(await Pages(room, "b", 1 + (history[2] % 4))));
        foreach (var id in events)
            Assert.Equal(expected.Contains(id), (await server.Get(Bob, $"rooms/{room.RoomId}/event/{id}")).Status == HttpStatusCode.OK);
    }

    /// <summary>What Bob may see, from the specification's words: event by event, with the state before and after it.</summary>
    static (List<string> Visible, bool MayRead) Replay(RoomLog room)
    {
        var steps = room.Entries.Select(entry => entry.Entry.Event!.Value.Parse()).ToList();
        var seen = new List<string>();
        string membership = "", visibility = "shared";
        var wasJoined = false;
        for (var i = 0; i < steps.Count; i++)
        {
            var type = steps[i].GetProperty("type").GetString();
            var (memberAfter, visibleAfter) = (membership, visibility);
            var isOwn = type == "m.room.member" && steps[i].GetProperty("state_key").GetString() == Bob;
            if (isOwn)
                memberAfter = steps[i].GetProperty("content").GetProperty("membership").GetString()!;
            if (type == "m.room.history_visibility")
                visibleAfter = steps[i].GetProperty("content").GetProperty("history_visibility").GetString()!;
            var joinsLater = steps.Skip(i).Any(step => step.GetProperty("type").GetString() == "m.room.member"
                && step.GetProperty("state_key").GetString() == Bob && step.GetProperty("content").GetProperty("membership").GetString() == "join");

            bool Allows(string member, string visible) => visible == "world_readable" || member == "join"
                || (visible == "shared" && joinsLater) || (visible == "invited" && member == "invite");
            if (Allows(membership, visibility) || Allows(membership, visibleAfter)
                || (isOwn && (Allows(memberAfter, visibility) || memberAfter == "invite" || membership == "invite")))
                seen.Add(room.Entries[i].Entry.EventId!.Value.Value);
            (membership, visibility) = (memberAfter, visibleAfter);
            wasJoined |= membership == "join";
        }
        return (seen, wasJoined || visibility == "world_readable");
    }

    async Task<List<string>> Pages(RoomLog room, string direction, int limit)
    {
        var ids = new List<string>();
        var token = "";
        for (var page = 0; page < 60; page++)
        {
            var answer = (await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir={direction}&limit={limit}{token}")).Ok();
            ids.AddRange(answer.Ids());
            if (answer.Text("end") is not { } end)
                return ids;
            token = $"&from={end}";
        }
        throw new Xunit.Sdk.XunitException("The pages do not end.");
    }
}
