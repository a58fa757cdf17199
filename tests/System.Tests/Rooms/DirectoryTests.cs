using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class DirectoryTests
{
    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task The_directory_is_searched_and_paged(Shape shape)
    {
        var people = await Actor.Some(shape, 3);
        var word = $"w{Guid.NewGuid():N}";
        var quiet = await people[0].Room(new { visibility = "public", name = $"One {word.ToUpperInvariant()}" });
        var loud = await people[0].Room(new { visibility = "public", topic = $"about {word}", initial_state = new[] { new { type = "m.room.history_visibility", content = new { history_visibility = "world_readable" } } } });
        var space = await people[0].Room(new { visibility = "public", room_alias_name = word, creation_content = new { type = "m.space" } });
        await people[0].Room(new { name = $"hidden {word}", preset = "public_chat" });
        foreach (var person in people)
            await person.Do(loud, "join");
        await people[1].Do(space, "join");

        Task<JsonElement> Search(object more) => people[2].Post("publicRooms", more);
        var all = await Search(new { filter = new { generic_search_term = word } });
        Assert.Equal([loud, space, quiet], Ids(all));
        var shown = all.GetProperty("chunk")[0];
        Assert.Equal(3, shown.GetProperty("num_joined_members").GetInt32());
        Assert.True(shown.GetProperty("world_readable").GetBoolean());
        Assert.False(shown.GetProperty("guest_can_join").GetBoolean());
        Assert.Equal("public", shown.GetProperty("join_rule").GetString());
        Assert.Equal($"about {word}", shown.GetProperty("topic").GetString());
        Assert.False(shown.TryGetProperty("name", out _));
        Assert.Equal($"#{word}:localhost", all.GetProperty("chunk")[1].GetProperty("canonical_alias").GetString());
        Assert.Equal("m.space", all.GetProperty("chunk")[1].GetProperty("room_type").GetString());
        Assert.Equal([space], Ids(await Search(new { filter = new { generic_search_term = word, room_types = new[] { "m.space" } } })));
        Assert.Equal([loud, quiet], Ids(await Search(new { filter = new { generic_search_term = word, room_types = new string?[] { null } } })));

        var first = await Search(new { limit = 2, filter = new { generic_search_term = word } });
        Assert.Equal([loud, space], Ids(first));
        Assert.Equal(3, first.GetProperty("total_room_count_estimate").GetInt32());
        var second = await Search(new { limit = 2, since = first.GetProperty("next_batch").GetString(), filter = new { generic_search_term = word } });
        Assert.Equal([quiet], Ids(second));
        Assert.False(second.TryGetProperty("next_batch", out _));
        var back = await Search(new { limit = 2, since = second.GetProperty("prev_batch").GetString(), filter = new { generic_search_term = word } });
        Assert.Equal([loud, space], Ids(back));
        Assert.Empty(Ids(await Search(new { since = "2147483647", filter = new { generic_search_term = word } })));
        Assert.Contains(loud, Ids(await people[0].Nobody.Get("publicRooms?server=localhost")));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Only_who_has_power_shows_a_room_or_hides_it(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        await bob.Do(room, "join");
        var path = $"directory/list/room/{Actor.Esc(room)}";
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, path, new { visibility = "public" });
        await alice.Put(path, new { visibility = "public" });
        Assert.Contains(room, Ids(await bob.Get("publicRooms")));
        await alice.Put(path, new { visibility = "private" });
        Assert.DoesNotContain(room, Ids(await bob.Get("publicRooms")));
        await alice.Put(path, "{}");
        // A room that everybody has left is not shown.
        await bob.Do(room, "leave");
        await alice.Do(room, "leave");
        Assert.DoesNotContain(room, Ids(await bob.Get("publicRooms")));

        await alice.Refused(404, "M_NOT_FOUND", HttpMethod.Put, "directory/list/room/!nowhere:localhost", "{}");
        await alice.Refused(404, "M_NOT_FOUND", HttpMethod.Get, "directory/list/room/!nowhere:localhost");
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, "directory/list/room/nowhere");
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Put, path, new { visibility = "maybe" });
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Put, path, "{}");
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Post, "publicRooms", "{}");
        foreach (var query in (string[])["limit=-1", "limit=x", "since=x", "since=-1", "server=%20"])
            await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, $"publicRooms?{query}");
        await alice.Refused(404, "M_NOT_FOUND", HttpMethod.Get, "publicRooms?server=elsewhere.org");
        await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, "publicRooms", """{"filter":[]}""");
    }

    static string[] Ids(JsonElement page) => [.. page.GetProperty("chunk").EnumerateArray().Select(room => room.GetProperty("room_id").GetString()!)];
}
