using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class MembershipTests
{
    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Only_the_invited_join_a_private_room_and_an_invite_may_be_rejected(Shape shape)
    {
        var people = await Actor.Some(shape, 3);
        var (alice, bob, carol) = (people[0], people[1], people[2]);
        var room = await alice.Room();
        await bob.MayNot(room, "join");
        await bob.MayNot(room, "leave");
        await bob.MayNot(room, "invite", carol.Id);
        await bob.MayNot(room, "knock", status: 404, errcode: "M_UNRECOGNIZED");
        await alice.Do(room, "invite", bob.Id, "because");
        Assert.Equal("because", (await alice.State(room, "m.room.member", bob.Id)).GetProperty("reason").GetString());
        await alice.Do(room, "invite", bob.Id, "because");
        await bob.Do(room, "leave", reason: "no, thanks");
        Assert.Equal("no, thanks", (await alice.State(room, "m.room.member", bob.Id)).GetProperty("reason").GetString());
        await bob.MayNot(room, "join");

        await alice.Do(room, "invite", bob.Id);
        await bob.Do(room, "join", reason: "well then");
        Assert.Equal("join", await alice.MembershipOf(room, bob.Id));
        await alice.MayNot(room, "invite", bob.Id);
        // Members of a private room may invite.
        await bob.Do(room, "invite", carol.Id);
        await carol.Do(room, "join");
        Assert.Equal([room], await carol.JoinedRooms());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Who_may_do_what_to_whom_is_a_matter_of_power(Shape shape)
    {
        var people = await Actor.Some(shape, 5);
        var (alice, mod, bob, carol, stranger) = (people[0], people[1], people[2], people[3], people[4]);
        var room = await alice.Room(new
        {
            preset = "public_chat",
            power_level_content_override = new { users = new Dictionary<string, int> { [mod.Id] = 50 } },
        });
        foreach (var each in (Actor[])[mod, bob, carol])
            await each.Do(room, "join");

        foreach (var action in (string[])["kick", "ban"])
        {
            await bob.MayNot(room, action, carol.Id);
            await bob.MayNot(room, action, mod.Id);
            await mod.MayNot(room, action, alice.Id);
            await stranger.MayNot(room, action, bob.Id);
        }
        await bob.MayNot(room, "invite", stranger.Id);
        await mod.MayNot(room, "kick", stranger.Id);
        await mod.MayNot(room, "unban", bob.Id);

        await mod.Do(room, "kick", bob.Id, "behave");
        Assert.Equal(("leave", "behave"), await Seen(bob));
        await mod.MayNot(room, "kick", bob.Id.Replace("u", "nobody-u", StringComparison.Ordinal));
        await bob.Do(room, "join");
        await mod.Do(room, "ban", bob.Id, "enough");
        Assert.Equal(("ban", "enough"), await Seen(bob));
        await bob.MayNot(room, "join");
        await bob.MayNot(room, "leave");
        await alice.MayNot(room, "invite", bob.Id);
        await alice.MayNot(room, "kick", bob.Id);
        await carol.MayNot(room, "unban", bob.Id);
        await mod.Do(room, "unban", bob.Id, "fine");
        Assert.Equal(("leave", "fine"), await Seen(bob));
        await bob.Do(room, "join");
        // One who never was here can be banned before they come.
        await mod.Do(room, "ban", stranger.Id);
        await stranger.MayNot(room, "join");

        async Task<(string?, string?)> Seen(Actor who)
        {
            var content = await alice.State(room, "m.room.member", who.Id);
            return (content.GetProperty("membership").GetString(), content.TryGetProperty("reason", out var reason) ? reason.GetString() : null);
        }
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Doing_it_again_changes_nothing(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        await Twice(bob, "join");
        await Twice(alice, "kick", bob.Id, "out");
        await Twice(alice, "invite", bob.Id);
        await Twice(bob, "leave", reason: "bye");
        await Twice(alice, "ban", bob.Id);
        await Twice(alice, "unban", bob.Id);

        async Task Twice(Actor who, string action, string? user = null, string? reason = null)
        {
            await who.Do(room, action, user, reason);
            var first = (await alice.WholeState(room))[("m.room.member", bob.Id)].GetProperty("event_id").GetString();
            await who.Do(room, action, user, reason);
            Assert.Equal(first, (await alice.WholeState(room))[("m.room.member", bob.Id)].GetProperty("event_id").GetString());
        }
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_knock_is_accepted_refused_or_taken_back(Shape shape)
    {
        var people = await Actor.Some(shape, 3);
        var (alice, bob, carol) = (people[0], people[1], people[2]);
        var room = await alice.Room(new { initial_state = new[] { new { type = "m.room.join_rules", content = new { join_rule = "knock" } } } });
        await bob.MayNot(room, "join");
        Assert.Equal(room, (await bob.Post($"knock/{Actor.Esc(room)}", new { reason = "let me in" })).GetProperty("room_id").GetString());
        await bob.Post($"knock/{Actor.Esc(room)}", new { reason = "let me in" });
        Assert.Equal("let me in", (await alice.State(room, "m.room.member", bob.Id)).GetProperty("reason").GetString());
        await bob.MayNot(room, "join");
        await bob.Do(room, "leave");
        Assert.Equal("leave", await alice.MembershipOf(room, bob.Id));
        await bob.Post($"knock/{Actor.Esc(room)}");
        await alice.Do(room, "invite", bob.Id);
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Post, $"knock/{Actor.Esc(room)}", "{}");
        await bob.Do(room, "join");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Post, $"knock/{Actor.Esc(room)}", "{}");

        await carol.Post($"knock/{Actor.Esc(room)}");
        await alice.Do(room, "kick", carol.Id, "not you");
        Assert.Equal("leave", await alice.MembershipOf(room, carol.Id));
        await alice.Do(room, "ban", carol.Id);
        await carol.Refused(403, "M_FORBIDDEN", HttpMethod.Post, $"knock/{Actor.Esc(room)}", "{}");
        var closed = await alice.Room();
        await carol.Refused(403, "M_FORBIDDEN", HttpMethod.Post, $"knock/{Actor.Esc(closed)}", "{}");
        await carol.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"knock/{Actor.Esc("!nowhere:localhost")}", "{}");
        await carol.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"knock/{Actor.Esc("#nowhere:localhost")}", "{}");
    }

    [Theory]
    [InlineData(Shape.One, "8", "restricted")]
    [InlineData(Shape.Split, "9", "restricted")]
    [InlineData(Shape.One, "10", "knock_restricted")]
    [InlineData(Shape.Split, "12", "knock_restricted")]
    [InlineData(Shape.Split, "12", "restricted")]
    public async Task Members_of_another_room_enter_a_restricted_one(Shape shape, string version, string rule)
    {
        var people = await Actor.Some(shape, 3);
        var (alice, bob, carol) = (people[0], people[1], people[2]);
        var club = await alice.PublicRoom();
        var room = await alice.Room(new
        {
            room_version = version,
            initial_state = new[]
            {
                new { type = "m.room.join_rules", content = new { join_rule = rule, allow = new[] { new { type = "m.room_membership", room_id = club } } } },
            },
        });
        await bob.MayNot(room, "join");
        await bob.Do(club, "join");
        await bob.Do(room, "join");
        Assert.Equal(alice.Id, (await alice.State(room, "m.room.member", bob.Id)).GetProperty("join_authorised_via_users_server").GetString());
        var entered = (await alice.WholeState(room))[("m.room.member", bob.Id)].GetProperty("event_id").GetString();
        await bob.Do(room, "join");
        Assert.Equal(entered, (await alice.WholeState(room))[("m.room.member", bob.Id)].GetProperty("event_id").GetString());
        // Once in, one stays in.
        await bob.Do(club, "leave");
        await bob.Say(room, "still here");
        await bob.Do(room, "leave");
        await bob.MayNot(room, "join");

        // Neither what the club is not told of nor a vouching of one's own lets anybody in.
        await carol.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/m.room.member/{Actor.Esc(carol.Id)}",
            new { membership = "join", join_authorised_via_users_server = alice.Id });
        if (rule == "knock_restricted")
            await carol.Post($"knock/{Actor.Esc(room)}");
        await alice.Do(room, "invite", carol.Id);
        await carol.Do(room, "join");
        await carol.Do(club, "join");
        await alice.Do(room, "ban", carol.Id);
        await carol.MayNot(room, "join");
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_room_is_forgotten_by_who_left_it_and_may_be_entered_again(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        await bob.MayNot(room, "forget", status: 404, errcode: "M_NOT_FOUND");
        await bob.Do(room, "join");
        await bob.MayNot(room, "forget", status: 400, errcode: "M_UNKNOWN");
        await bob.Do(room, "leave");
        var filter = Actor.Esc("""{"room":{"include_leave":true}}""");
        Assert.True((await bob.Get($"sync?filter={filter}")).GetProperty("rooms").GetProperty("leave").TryGetProperty(room, out _));
        await bob.Do(room, "forget");
        await bob.Do(room, "forget");
        await Wait.Until(
            async () => !(await bob.Get($"sync?filter={filter}")).TryGetProperty("rooms", out var rooms)
                || !rooms.TryGetProperty("leave", out var left) || !left.TryGetProperty(room, out _),
            TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await bob.Do(room, "join");
        Assert.Equal([room], await bob.JoinedRooms());
        await bob.Say(room, "again");
        await bob.MayNot("!nowhere:localhost", "forget", status: 404, errcode: "M_NOT_FOUND");
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Joining_by_alias_or_id_answers_with_the_room(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var alias = $"door/{Guid.NewGuid():N}";
        var room = await alice.Room(new { preset = "public_chat", room_alias_name = alias });
        var answer = await bob.Post($"join/{Actor.Esc($"#{alias}:localhost")}?via=localhost&server_name=elsewhere");
        Assert.Equal(room, answer.GetProperty("room_id").GetString());
        Assert.Equal(room, (await bob.Ok(HttpMethod.Post, $"join/{Actor.Esc(room)}")).GetProperty("room_id").GetString());
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"join/{Actor.Esc("#nowhere:localhost")}", "{}");
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"join/{Actor.Esc("!nowhere:localhost")}", "{}");
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Post, "join/nowhere", "{}");
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task What_makes_no_sense_is_refused_by_name(Shape shape)
    {
        var alice = await Actor.New(shape);
        var room = await alice.Room();
        foreach (var action in (string[])["invite", "kick", "ban", "unban"])
        {
            var path = $"rooms/{Actor.Esc(room)}/{action}";
            await alice.Refused(400, "M_MISSING_PARAM", HttpMethod.Post, path, "{}");
            await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, """{"user_id":"nobody"}""");
            await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, """{"user_id":7}""");
            await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, """{"user_id":"@a:localhost","reason":[]}""");
            await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, """{"user_id":"@a:localhost","reason":"\ud800"}""");
            await alice.Refused(400, "M_NOT_JSON", HttpMethod.Post, path, "{");
            await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Post, $"rooms/nowhere/{action}", """{"user_id":"@a:localhost"}""");
            await alice.MayNot("!nowhere:localhost", action, "@a:localhost", 404, "M_NOT_FOUND");
            await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Post, path, """{"user_id":"@a:localhost"}""");
        }
        foreach (var action in (string[])["join", "leave", "forget"])
        {
            await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Post, $"rooms/nowhere/{action}", "{}");
            await alice.MayNot("!nowhere:localhost", action, status: 404, errcode: "M_NOT_FOUND");
            await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Post, $"rooms/{Actor.Esc(room)}/{action}", "{}");
        }
        await alice.Refused(413, "M_TOO_LARGE", HttpMethod.Post, $"rooms/{Actor.Esc(room)}/invite", new { user_id = "@a:localhost", reason = new string('x', 70_000) });
        await alice.Refused(403, "M_THREEPID_DENIED", HttpMethod.Post, $"rooms/{Actor.Esc(room)}/invite", """{"medium":"email","address":"a@b.c","id_server":"x"}""");
    }
}
