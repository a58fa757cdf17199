using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class LogTableTests
{
    const string Schema = """
        CREATE SCHEMA s;
        CREATE TABLE s.x_partition (partition int PRIMARY KEY, position bigint NOT NULL);
        CREATE TABLE s.x (partition int, position bigint, key text NOT NULL, body bytea NOT NULL, trace text, PRIMARY KEY (partition, position));
        """;

    sealed class Heard : IAnnounce<OutputClientData>
    {
        public List<Logged<OutputClientData>> Entries { get; } = [];

        public void Announce(IReadOnlyList<Logged<OutputClientData>> entries)
        {
            lock (Entries)
                Entries.AddRange(entries);
        }
    }

    static OutputClientData Entry(int user, int n) => new()
    {
        UserId = UserId.Parse($"@u{user}:test"),
        Type = $"type.{n}",
        Content = RawJson.EmptyObject,
    };

    static async Task<NpgsqlDataSource> Database()
    {
        var db = NpgsqlDataSource.Create(await TestDatabase.New());
        await db.Execute(Schema, CancellationToken.None);
        return db;
    }

    [Fact]
    public async Task Concurrent_writers_on_two_hosts_leave_no_gap_and_keep_each_key_in_order()
    {
        await using var db = await Database();
        var heard = new Heard();
        LogTable<OutputClientData>[] hosts = [new(db, "s.x", 4, heard), new(db, "s.x", 4, heard)];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async user =>
        {
            for (var n = 0; n < 10; n++)
                await hosts[n % 2].Write(_ => Task.FromResult<IReadOnlyList<OutputClientData>>([Entry(user, n), Entry(user + 100, n)]), CancellationToken.None);
        }));

        var read = new List<Logged<OutputClientData>>();
        for (var partition = 0; partition < 4; partition++)
        {
            var entries = await hosts[0].Read(partition, 0, 1000, CancellationToken.None);
            Assert.Equal(Enumerable.Range(1, entries.Count).Select(n => (long)n), entries.Select(entry => entry.Position));
            Assert.Equal(entries.Count, await hosts[1].Head(partition, CancellationToken.None));
            Assert.All(entries, entry => Assert.Equal(partition, Partition.Of(entry.Entry.Key, 4)));
            read.AddRange(entries);
        }
        Assert.Equal(320, read.Count);
        Assert.Equal(320, heard.Entries.DistinctBy(entry => (entry.Partition, entry.Position)).Count());
        Assert.All(read.GroupBy(entry => entry.Entry.Key), key => Assert.Equal(Enumerable.Range(0, 10).Select(n => $"type.{n}"), key.Select(entry => entry.Entry.Type)));
    }

    [Fact]
    public async Task A_transaction_that_fails_takes_no_position_and_announces_nothing()
    {
        await using var db = await Database();
        var heard = new Heard();
        var log = new LogTable<OutputClientData>(db, "s.x", 1, heard);
        await log.Write(_ => Task.FromResult<IReadOnlyList<OutputClientData>>([Entry(1, 1)]), CancellationToken.None);
        await Assert.ThrowsAsync<PostgresException>(() => log.Write(
            async connection =>
            {
                await connection.Execute("SELECT 1/0", CancellationToken.None);
                return [Entry(1, 2)];
            },
            CancellationToken.None));
        await log.Write(_ => Task.FromResult<IReadOnlyList<OutputClientData>>([Entry(1, 3)]), CancellationToken.None);
        Assert.Equal([1L, 2L], heard.Entries.Select(entry => entry.Position));
        Assert.Equal(["type.3"], (await log.Read(0, 1, 10, CancellationToken.None)).Select(entry => entry.Entry.Type));
    }

    [Fact]
    public async Task After_a_crash_the_head_of_each_partition_is_announced_again()
    {
        await using var db = await Database();
        var log = new LogTable<OutputClientData>(db, "s.x", 1, new Heard());
        await log.Write(_ => Task.FromResult<IReadOnlyList<OutputClientData>>([Entry(1, 1), Entry(2, 2)]), CancellationToken.None);
        var heard = new Heard();
        await new LogTable<OutputClientData>(db, "s.x", 1, heard).AnnounceHeads(CancellationToken.None);
        Assert.Equal(2, Assert.Single(heard.Entries).Position);
    }
}
