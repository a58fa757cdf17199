using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Components.Tests.Sync;

/// <summary>The matrix of history visibility: what held at the event, and what the viewer was then and later.</summary>
public sealed class VisibilityTests
{
    static readonly UserId Viewer = UserId.Parse("@viewer:here");

    [Theory]
    // Then a stranger for good.
    [InlineData("world_readable", "", true)]
    [InlineData("shared", "", false)]
    [InlineData("invited", "", false)]
    [InlineData("joined", "", false)]
    // Joined before the event, still there.
    [InlineData("shared", "5:join", true)]
    [InlineData("invited", "5:join", true)]
    [InlineData("joined", "5:join", true)]
    // Joined after the event.
    [InlineData("world_readable", "15:join", true)]
    [InlineData("shared", "15:join", true)]
    [InlineData("invited", "15:join", false)]
    [InlineData("joined", "15:join", false)]
    // Invited before the event, joined after it.
    [InlineData("shared", "5:invite 15:join", true)]
    [InlineData("invited", "5:invite 15:join", true)]
    [InlineData("joined", "5:invite 15:join", false)]
    // Invited before the event, never joined.
    [InlineData("shared", "5:invite", false)]
    [InlineData("invited", "5:invite", true)]
    [InlineData("joined", "5:invite", false)]
    // Joined and left before the event.
    [InlineData("shared", "3:join 5:leave", false)]
    [InlineData("shared", "3:join 5:ban", false)]
    [InlineData("invited", "3:join 5:leave", false)]
    [InlineData("joined", "3:join 5:leave", false)]
    [InlineData("world_readable", "3:join 5:ban", true)]
    // Left before the event and came back after it.
    [InlineData("shared", "3:join 5:leave 15:join", true)]
    [InlineData("invited", "3:join 5:leave 15:join", false)]
    [InlineData("joined", "3:join 5:leave 15:join", false)]
    // There at the event, gone since: what was seen may still be seen.
    [InlineData("shared", "3:join 15:leave", true)]
    [InlineData("joined", "3:join 15:ban", true)]
    // Joined after the event and left again.
    [InlineData("shared", "12:join 15:leave", true)]
    [InlineData("joined", "12:join 15:leave", false)]
    // A knock opens nothing.
    [InlineData("shared", "5:knock", false)]
    [InlineData("invited", "5:knock", false)]
    public void A_message_at_10(string visibility, string memberships, bool seen) =>
        Assert.Equal(seen, Of(memberships, (2, visibility)).CanSee(10, "m.room.message", null, Viewer));

    [Theory]
    [InlineData("world_readable", "joined", true)]
    [InlineData("joined", "world_readable", true)]
    [InlineData("shared", "joined", false)]
    [InlineData("joined", "invited", false)]
    public void A_change_of_visibility_is_seen_by_who_may_see_either_side(string before, string after, bool seen) =>
        Assert.Equal(seen, Of("", (2, before), (10, after)).CanSee(10, EventTypes.HistoryVisibility, "", Viewer));

    [Theory]
    // Their own join, their own leaving, and how an invite came and went.
    [InlineData("10:join", true)]
    [InlineData("5:join 10:leave", true)]
    [InlineData("5:join 10:ban", true)]
    [InlineData("10:invite", true)]
    [InlineData("5:invite 10:leave", true)]
    [InlineData("5:knock 10:leave", true)]
    // After leaving: nothing, a later ban included.
    [InlineData("3:join 5:leave 10:ban", false)]
    [InlineData("10:ban", false)]
    public void Their_own_member_event_at_10(string memberships, bool seen) =>
        Assert.Equal(seen, Of(memberships, (2, "joined")).CanSee(10, EventTypes.Member, Viewer.Value, Viewer));

    [Fact]
    public void Anothers_member_event_has_no_privilege() =>
        Assert.False(Of("10:join", (2, "joined")).CanSee(9, EventTypes.Member, "@other:here", Viewer));

    [Fact]
    public void Nothing_said_means_shared()
    {
        Assert.True(Of("15:join").CanSee(10, "m.room.message", null, Viewer));
        Assert.False(Of("").CanSee(10, "m.room.message", null, Viewer));
    }

    [Fact]
    public void The_past_is_as_visible_as_the_room_was_when_it_became_known()
    {
        Assert.True(Of("5:join", (3, "shared")).CanSee(-7, "m.room.message", null, Viewer));
        Assert.False(Of("5:join", (3, "joined"), (8, "shared")).CanSee(-7, "m.room.message", null, Viewer));
    }

    static Visibility Of(string memberships, params (long At, string Word)[] visibilities)
    {
        var history = new Visibility();
        foreach (var (at, word) in visibilities)
        {
            history.Add(at, word switch
            {
                "world_readable" => HistoryVisibility.WorldReadable,
                "invited" => HistoryVisibility.Invited,
                "joined" => HistoryVisibility.Joined,
                _ => HistoryVisibility.Shared,
            });
        }
        foreach (var change in memberships.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (at, word) = (change.Split(':')[0], change.Split(':')[1]);
            history.Add(long.Parse(at), word switch
            {
                "join" => Membership.Join,
                "invite" => Membership.Invite,
                "ban" => Membership.Ban,
                "knock" => Membership.Knock,
                _ => Membership.Leave,
            });
        }
        return history;
    }
}
