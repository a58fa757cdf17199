using FsCheck;
using FsCheck.Fluent;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;
using Matrix.Bus.Receipts;

namespace Matrix.Bus.Components.Tests.Edus;

public sealed class AdvancesTests
{
    static readonly Slot Unthreaded = new(ReceiptKind.Read, "");

    static EventId Event(int n) => EventId.Parse($"$e{n}");

    /// <summary>A timeline of events 1 to 9, each at its number.</summary>
    static RoomPlaces Timeline(Membership membership = Membership.Join) => new()
    {
        Membership = membership,
        Places = [.. Enumerable.Range(1, 9).Select(n => new EventPlace { EventId = Event(n), Position = n })],
    };

    static ReadMark Mark(int n, ReceiptKind kind = ReceiptKind.Read, string? thread = null) => new() { Kind = kind, EventId = Event(n), ThreadId = thread };

    [Fact]
    public void A_first_marker_goes_anywhere_and_comes_from_nowhere()
    {
        var advance = Assert.Single(Advances.Of([Mark(3)], new Dictionary<Slot, EventId>(), Timeline()));
        Assert.Equal(new Advance(Unthreaded, null, Event(3)), advance);
    }

    [Fact]
    public void A_marker_only_ever_moves_forwards() => Prop.ForAll(
        Gen.Choose(1, 9).ListOf().ToArbitrary(),
        steps =>
        {
            var standing = new Dictionary<Slot, EventId>();
            var furthest = 0;
            foreach (var step in steps)
            {
                var advances = Advances.Of([Mark(step)], standing, Timeline());
                if (advances.Count > 0 != step > furthest)
                    return false;
                foreach (var advance in advances)
                    standing[advance.Slot] = advance.To;
                furthest = Math.Max(furthest, step);
            }
            return furthest == 0 || standing[Unthreaded] == Event(furthest);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Kinds_and_threads_do_not_touch_each_other()
    {
        var standing = new Dictionary<Slot, EventId> { [Unthreaded] = Event(8) };
        var advances = Advances.Of([Mark(2, ReceiptKind.FullyRead), Mark(2, ReceiptKind.ReadPrivate), Mark(2, thread: "main"), Mark(2)], standing, Timeline());
        Assert.Equal(
            [new Slot(ReceiptKind.Read, "main"), new Slot(ReceiptKind.ReadPrivate, ""), new Slot(ReceiptKind.FullyRead, "")],
            advances.Select(advance => advance.Slot));
    }

    [Fact]
    public void A_marker_at_an_event_that_is_no_more_lies_before_everything()
    {
        var standing = new Dictionary<Slot, EventId> { [Unthreaded] = EventId.Parse("$purged") };
        Assert.Equal(EventId.Parse("$purged"), Assert.Single(Advances.Of([Mark(1)], standing, Timeline())).From);
    }

    [Fact]
    public void Of_two_marks_of_one_kind_the_later_counts() =>
        Assert.Equal(Event(5), Assert.Single(Advances.Of([Mark(5), Mark(2)], new Dictionary<Slot, EventId>(), Timeline())).To);

    [Theory]
    [InlineData(Membership.None)]
    [InlineData(Membership.Invite)]
    [InlineData(Membership.Leave)]
    [InlineData(Membership.Ban)]
    public void Only_who_is_in_the_room_reads_it(Membership membership) => Assert.Equal(
        403, Assert.Throws<RefusedException>(() => Advances.Of([Mark(1)], new Dictionary<Slot, EventId>(), Timeline(membership))).Refusal.Status);
}
