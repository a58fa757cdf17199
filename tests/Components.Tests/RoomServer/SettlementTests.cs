using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class SettlementTests
{
    // Nobody attaches to it.
    const int Partition = 1000;

    [Fact]
    public async Task A_commit_that_was_not_found_is_never_made()
    {
        await using var server = await RoomTestServer.Start(partitions: 1);
        var (rows, lanes) = Of(server);
        var place = await rows.Take(Partition, CancellationToken.None);
        var attempt = Attempt(place);

        Assert.Equal(place with { Epoch = place.Epoch + 1 }, await rows.Settle(Partition, place, attempt.CommitMark, CancellationToken.None));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => lanes.Commit(attempt));
        Assert.Equal(PartitionRows.Fenced, refused.SqlState);
    }

    [Fact]
    public async Task A_commit_that_was_made_is_found_each_time_it_is_asked_for()
    {
        await using var server = await RoomTestServer.Start(partitions: 1);
        var (rows, lanes) = Of(server);
        var place = await rows.Take(Partition, CancellationToken.None);
        var attempt = Attempt(place);
        await lanes.Commit(attempt);

        var settled = new PartitionPlace(place.Epoch + 1, attempt.NewPosition, attempt.CommitMark);
        Assert.Equal(settled, await rows.Settle(Partition, place, attempt.CommitMark, CancellationToken.None));
        Assert.Equal(settled, await rows.Settle(Partition, place, attempt.CommitMark, CancellationToken.None));
        await lanes.Commit(Attempt(settled));
    }

    [Fact]
    public async Task Two_attempts_of_one_length_are_not_taken_for_each_other()
    {
        await using var server = await RoomTestServer.Start(partitions: 1);
        var (rows, lanes) = Of(server);
        var place = await rows.Take(Partition, CancellationToken.None);
        var (first, second) = (Attempt(place), Attempt(place));
        await lanes.Commit(first);
        await Assert.ThrowsAsync<PostgresException>(() => lanes.Commit(second));
        Assert.Null(await rows.Settle(Partition, place, second.CommitMark, CancellationToken.None));
    }

    [Fact]
    public async Task Nothing_is_settled_by_an_owner_that_was_taken_over_from()
    {
        await using var server = await RoomTestServer.Start(partitions: 1);
        var (rows, lanes) = Of(server);
        var place = await rows.Take(Partition, CancellationToken.None);
        var successor = await rows.Take(Partition, CancellationToken.None);

        Assert.Null(await rows.Settle(Partition, place, Attempt(place).CommitMark, CancellationToken.None));
        await lanes.Commit(Attempt(successor));
    }

    static (PartitionRows, CommitLanes) Of(RoomTestServer server) =>
        (server.Services.GetRequiredService<PartitionRows>(), server.Services.GetRequiredService<CommitLanes>());

    static StagedRows Attempt(PartitionPlace place)
    {
        var attempt = new StagedRows { Partition = Partition, Epoch = place.Epoch, OldPosition = place.Position };
        attempt.Outputs.Add(new OutputRow(place.Position + 1, Kind: 1, Room: 0, Sequence: 0, Event: 0, StoredAt: 0, Transaction: null, Extra: null));
        return attempt;
    }
}
