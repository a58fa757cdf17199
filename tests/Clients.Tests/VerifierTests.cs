using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Clients.Tests;

public sealed class VerifierTests
{
    static Invariant[] Broken(ClientHistory history) => [.. Verifier.Check(history).Select(finding => finding.Invariant).Distinct().Order()];

    [Fact]
    public void A_sound_history_has_no_findings() =>
        Assert.Empty(Verifier.Check(A.History(A.Sends(1, 2, 3, 4),
            A.Complete("forward", 1, 2, 3, 4), A.Complete("back", 1, 2, 3, 4),
            A.From("early", null, 1, 2, 3, 4), A.From("late", null, 3, 4), A.From("resumed", "$2", 3, 4), A.From("from nothing", "", 1, 2, 3, 4))));

    [Fact]
    public void Events_nobody_was_told_of_may_be_there() =>
        Assert.Empty(Verifier.Check(A.History(A.Sends(1, 3), A.Complete("forward", 1, 2, 3), A.From("sync", null, 1, 2, 3))));

    [Fact]
    public void An_acknowledged_event_that_nobody_sees_is_lost() =>
        Assert.Equal([Invariant.NothingLost], Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 3), A.Complete("back", 1, 3))));

    [Fact]
    public void An_event_lost_to_one_complete_reader_is_found() =>
        Assert.Equal([Invariant.NothingLost, Invariant.NothingSkipped],
            Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.Complete("back", 1, 3))));

    [Fact]
    public void An_event_skipped_by_a_timeline_is_found() =>
        Assert.Equal([Invariant.NothingLost, Invariant.NothingSkipped],
            Broken(A.History(A.Sends(1, 2, 3, 4), A.Complete("forward", 1, 2, 3, 4), A.From("sync", null, 2, 4))));

    [Fact]
    public void A_skipped_event_is_found_even_if_its_sender_was_never_answered() =>
        Assert.Equal([Invariant.NothingSkipped],
            Broken(A.History(A.Sends(1, 2, 4), A.Complete("forward", 1, 2, 3, 4), A.From("sync", null, 2, 4))));

    [Fact]
    public void A_timeline_that_never_gets_the_newest_event_is_found() =>
        Assert.Equal([Invariant.NothingLost], Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.From("sync", null, 1, 2))));

    [Theory]
    [InlineData("$1")]
    [InlineData("")]
    public void A_timeline_that_does_not_continue_where_its_token_was_is_found(string follows) =>
        Assert.Contains(Invariant.NothingSkipped, Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.From("sync", follows, 3))));

    [Fact]
    public void A_resumed_timeline_that_stays_empty_is_found() =>
        Assert.Equal([Invariant.NothingLost], Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.From("sync", "$2"))));

    [Fact]
    public void A_resumed_timeline_that_repeats_what_lay_before_its_token_is_found() =>
        Assert.Contains(Invariant.OneOrder, Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.From("sync", "$2", 1, 2, 3))));

    [Fact]
    public void An_event_twice_in_a_timeline_is_found() =>
        Assert.Equal([Invariant.NothingTwice],
            Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.From("sync", null, 1, 2, 2, 3))));

    [Fact]
    public void An_event_twice_in_the_room_is_found() =>
        Assert.Contains(Invariant.NothingTwice, Broken(A.History(A.Sends(1, 2), A.Complete("forward", 1, 2, 1), A.Complete("back", 1, 2, 1))));

    [Fact]
    public void Two_readers_with_different_orders_are_found() =>
        Assert.Contains(Invariant.OneOrder,
            Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.From("sync", null, 1, 3, 2))));

    [Fact]
    public void Paging_forward_and_back_in_different_orders_is_found() =>
        Assert.Contains(Invariant.OneOrder, Broken(A.History(A.Sends(1, 2, 3), A.Complete("forward", 1, 2, 3), A.Complete("back", 2, 1, 3))));

    [Fact]
    public void An_event_that_only_one_reader_knows_is_found() =>
        Assert.Contains(Invariant.OneOrder, Broken(A.History(A.Sends(1, 3), A.Complete("forward", 1, 3), A.From("sync", null, 1, 2, 3))));

    [Fact]
    public void A_retry_answered_with_another_event_is_found() =>
        Assert.Contains(Invariant.OneEventPerTransaction,
            Broken(A.History([.. A.Sends(1, 2), new Acknowledged(A.Room, "key-1", "$2b")], A.Complete("forward", 1, 2))));

    [Fact]
    public void A_retry_that_became_a_second_event_is_found()
    {
        var room = A.Filled(new Reading("forward", A.Room, complete: true), A.Message(1), new Seen("$1b", "key-1"));
        Assert.Equal([Invariant.OneEventPerTransaction], Broken(A.History(A.Sends(1), room)));
    }

    [Fact]
    public void A_room_nobody_read_is_no_proof() =>
        Assert.Throws<ArgumentException>(() => Verifier.Check(A.History(A.Sends(1), A.From("sync", null, 1))));

    [Theory]
    [InlineData("s10_4", "s9_5")]
    [InlineData("s10_4", "s10_3")]
    [InlineData("99", "100", "7")]
    public void A_token_that_goes_backwards_is_found(params string[] tokens) =>
        Assert.Equal([Invariant.TokensMonotone], Broken(new ClientHistory([], [], [new TokenTrace("sync", tokens)])));

    [Theory]
    [InlineData("s9_4", "s10_4", "s10_4", "s11_5")]
    [InlineData("opaque", "something-else")]
    public void Tokens_that_do_not_go_backwards_are_fine(params string[] tokens) =>
        Assert.Empty(Broken(new ClientHistory([], [], [new TokenTrace("sync", tokens)])));
}
