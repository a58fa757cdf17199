using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class HostileContentTests
{
    static readonly string[] Oddities =
    [
        """{"body":"a\u0000b","msgtype":"\u0000"}""",
        """{"m.relates_to":{"rel_type":"m.annotation","event_id":"$\u0000","key":"\u0000"}}""",
        """{"m.relates_to":{"rel_type":"\u0000","event_id":"SAID","key":"\u0000"}}""",
        """{"m.relates_to":{"rel_type":"m.thread","event_id":"$\u0000\u0000"}}""",
        """{"m.relates_to":{"rel_type":["m.thread"],"event_id":{"a":1},"key":[]}}""",
        """{"m.relates_to":"none","m.mentions":[],"m.new_content":5}""",
        """{"m.relates_to":{"rel_type":"m.replace","event_id":"SAID"},"m.new_content":"text"}""",
        """{"m.relates_to":{"m.in_reply_to":5}}""",
        """{"membership":"join","redacts":"\u0000","url":{},"info":null}""",
    ];

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task No_content_stops_a_room_or_hides_what_comes_after_it(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.Room(new { preset = "public_chat", visibility = "public", name = "a\0b", topic = "\0" });
        await bob.Do(room, "join", reason: "be\0cause");
        var said = await alice.Say(room, "first");
        var ids = new List<string>();
        foreach (var odd in Oddities)
        {
            foreach (var type in (string[])["m.room.message", "m.reaction", "m.room.encrypted", "m.sticker"])
            {
                var answer = await alice.Put(
                    $"rooms/{Actor.Esc(room)}/send/{type}/{Guid.NewGuid():N}", odd.Replace("SAID", said, StringComparison.Ordinal));
                ids.Add(answer.GetProperty("event_id").GetString()!);
            }
        }
        foreach (var type in (string[])["m.room.name", "m.room.topic", "m.room.avatar", "m.room.join_rules", "m.room.history_visibility",
            "m.room.guest_access", "m.room.encryption", "m.room.tombstone", "m.space.child", "m.room.pinned_events"])
        {
            foreach (var content in (string[])["""{"name":5,"topic":{},"url":[],"algorithm":7,"via":5,"allow":[1,{}],"replacement_room":[]}""",
                """{"name":"\u0000","join_rule":"\u0000","history_visibility":"\u0000","allow":[{"type":"m.room_membership","room_id":"\u0000"}]}""",
                """{"join_rule":[],"history_visibility":{},"guest_access":5,"allow":{}}"""])
                await alice.Put($"rooms/{Actor.Esc(room)}/state/{type}/", content);
        }
        await alice.Put($"rooms/{Actor.Esc(room)}/state/m.room.member/{Actor.Esc(alice.Id)}", """{"membership":"join","displayname":"\u0000","avatar_url":"\u0000"}""");
        await bob.Put($"rooms/{Actor.Esc(room)}/state/m.room.member/{Actor.Esc(bob.Id)}", """{"membership":"join","displayname":[],"avatar_url":{}}""");
        var last = await bob.Say(room, "last");

        var seen = (await bob.Get($"sync?filter={Actor.Esc("""{"room":{"timeline":{"limit":100}}}""")}"))
            .GetProperty("rooms").GetProperty("join").GetProperty(room).GetProperty("timeline").GetProperty("events");
        Assert.Equal([.. ids, last], seen.EnumerateArray().Select(each => each.GetProperty("event_id").GetString()!).Where(id => ids.Contains(id) || id == last));
        foreach (var path in (string[])["members", "joined_members", "state", $"context/{Actor.Esc(said)}", $"event/{Actor.Esc(said)}", "messages?dir=b", "aliases"])
            await bob.Get($"rooms/{Actor.Esc(room)}/{path}");
        foreach (var path in (string[])["hierarchy", "threads", $"relations/{Actor.Esc(said)}"])
            await bob.Get($"/_matrix/client/v1/rooms/{Actor.Esc(room)}/{path}");
        await bob.Get($"/_matrix/client/v1/room_summary/{Actor.Esc(room)}");
        await bob.Get("publicRooms");
        await bob.Get("joined_rooms");
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_malformed_id_in_a_path_is_the_callers_mistake(Shape shape)
    {
        var alice = await Actor.New(shape);
        var room = await alice.Room();
        foreach (var id in (string[])["nowhere", "%21", "!", "%00", "!a%00b:localhost", new string('!', 300), "!%ff", "!a:b:c:d:%0a", "%F0%9F%92%A9"])
        {
            foreach (var (method, path) in (IEnumerable<(HttpMethod, string)>)[
                (HttpMethod.Post, $"rooms/{id}/join"), (HttpMethod.Post, $"join/{id}"), (HttpMethod.Put, $"rooms/{id}/send/a/t"),
                (HttpMethod.Put, $"rooms/{id}/state/a/b"), (HttpMethod.Get, $"directory/room/{id}"), (HttpMethod.Get, $"directory/list/room/{id}"),
                (HttpMethod.Get, $"/_matrix/client/v1/room_summary/{id}"), (HttpMethod.Put, $"rooms/{Actor.Esc(room)}/redact/{id}/t"),
                (HttpMethod.Get, $"rooms/{id}/state"), (HttpMethod.Get, $"rooms/{Actor.Esc(room)}/event/{id}")])
            {
                var status = await alice.Status(method, path);
                Assert.True(status is 400 or 403 or 404, $"{method} {path}: {status}");
            }
        }
    }
}
