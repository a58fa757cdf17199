using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>
/// The staged rows of one or more partitions turned into columns, one statement a table, all in one batch: without an explicit
/// transaction PostgreSQL runs a batch as one, so that a commit is one round trip. Reused from commit to commit.
/// </summary>
sealed class CommitColumns
{
    readonly List<Statement> _statements;
    readonly Column<int> _partitions = new();
    readonly Column<long> _epochs = new();
    readonly Column<long> _olds = new();
    readonly Column<long> _news = new();
    readonly Column<Guid> _marks = new();
    readonly Dictionary<(long, int, long), long> _lastCurrent = [];
    readonly Dictionary<(long, string), MembershipRow> _lastMembership = [];

    public CommitColumns()
    {
        _statements =
        [
            // The fence first: whoever is not the owner any more stops here.
            new Statement("SELECT rooms.advance($1, $2, $3, $4, $5)", _partitions, _epochs, _olds, _news, _marks),
            new Table<RoomRow>("INSERT INTO rooms.room (room_nid, room_id, version) SELECT * FROM unnest($1, $2, $3)", staged => staged.Rooms)
                .With(row => row.Room).With(row => row.RoomId).With(row => row.Version),
            new Table<EventRow>(
                """
                INSERT INTO rooms.event (event_nid, room_nid, event_id, type_id, state_key_id, depth, origin_server_ts, snapshot_nid, replaces, verdict, auth)
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                """, staged => staged.Events)
                .With(row => row.Event).With(row => row.Room).With(row => row.EventId).With(row => row.Type).With(row => row.Key)
                .With(row => row.Depth).With(row => row.Timestamp).With(row => row.Snapshot).With(row => row.Replaces)
                .With(row => row.Verdict).With(row => row.Auth),
            new Table<EventRow>("INSERT INTO rooms.event_json (event_nid, json, redacted) SELECT * FROM unnest($1, $2, $3)", staged => staged.Events)
                .With(row => row.Event).With(row => row.Json).With(row => row.Redacted),
            new PartitionedOutput(),
            new Table<HeadRow>(
                """
                INSERT INTO rooms.head (room_nid, sequence, depth, extremities, snapshot_nid, joined, invited)
                SELECT room, sequence, depth, extremities::bigint[], snapshot, joined, invited
                FROM unnest($1, $2, $3, $4, $5, $6, $7) AS h(room, sequence, depth, extremities, snapshot, joined, invited)
                ON CONFLICT (room_nid) DO UPDATE SET sequence = excluded.sequence, depth = excluded.depth, extremities = excluded.extremities,
                    snapshot_nid = excluded.snapshot_nid, joined = excluded.joined, invited = excluded.invited
                """, staged => staged.Heads)
                .With(row => row.Room).With(row => row.Sequence).With(row => row.Depth).With(row => row.Extremities)
                .With(row => row.Snapshot).With(row => row.Joined).With(row => row.Invited),
            new Table<TransactionRow>("INSERT INTO rooms.client_transaction (key, event_id, stored_at) SELECT * FROM unnest($1, $2, $3)", staged => staged.Transactions)
                .With(row => row.Key).With(row => row.EventId).With(row => row.StoredAt),
            new Table<SnapshotRow>("INSERT INTO rooms.snapshot (snapshot_nid, room_nid, l1_nid, delta) SELECT * FROM unnest($1, $2, $3, $4)", staged => staged.Snapshots)
                .With(row => row.Nid).With(row => row.Room).With(row => row.Level1).With(row => row.Delta),
            new Table<Level1Row>("INSERT INTO rooms.snapshot_l1 (l1_nid, room_nid, l0_nid, l0_count, delta) SELECT * FROM unnest($1, $2, $3, $4, $5)", staged => staged.Level1)
                .With(row => row.Nid).With(row => row.Room).With(row => row.Level0).With(row => row.Level0Count).With(row => row.Delta),
            new Table<Level0Row>("INSERT INTO rooms.snapshot_l0 (l0_nid, first_type, first_key, room_nid, entries) SELECT * FROM unnest($1, $2, $3, $4, $5)", staged => staged.Level0)
                .With(row => row.Nid).With(row => row.FirstType).With(row => row.FirstKey).With(row => row.Room).With(row => row.Entries),
            new Table<CurrentRow>(
                """
                INSERT INTO rooms.current_state (room_nid, type_id, state_key_id, event_nid) SELECT * FROM unnest($1, $2, $3, $4)
                ON CONFLICT (room_nid, type_id, state_key_id) DO UPDATE SET event_nid = excluded.event_nid
                """, _ => CurrentRows(filled: true))
                .With(row => row.Room).With(row => row.Type).With(row => row.Key).With(row => row.Event),
            new Table<CurrentRow>(
                """
                DELETE FROM rooms.current_state USING unnest($1, $2, $3) AS gone(room, type, key)
                WHERE room_nid = gone.room AND type_id = gone.type AND state_key_id = gone.key
                """, _ => CurrentRows(filled: false))
                .With(row => row.Room).With(row => row.Type).With(row => row.Key),
            new Table<MembershipRow>(
                """
                INSERT INTO rooms.membership (user_id, room_nid, membership, event_nid) SELECT * FROM unnest($1, $2, $3, $4)
                ON CONFLICT (user_id, room_nid) DO UPDATE SET membership = excluded.membership, event_nid = excluded.event_nid,
                    forgotten = rooms.membership.forgotten AND excluded.membership IN (3, 4)
                """, _ => _lastMembership.Values)
                .With(row => row.UserId).With(row => row.Room).With(row => row.Membership).With(row => row.Event),
            new Table<CheckRow>(
                """
                INSERT INTO rooms.event_check (event_id, room_id, verdict, rule, reason, checked_at) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
                ON CONFLICT (event_id) DO UPDATE SET verdict = excluded.verdict, rule = excluded.rule, reason = excluded.reason, checked_at = excluded.checked_at
                """, staged => staged.Checks)
                .With(row => row.EventId).With(row => row.RoomId).With(row => row.Verdict).With(row => row.Rule).With(row => row.Reason).With(row => row.CheckedAt),
            new Table<RedactedRow>(
                """
                UPDATE rooms.event_json SET json = gone.json, redacted = true FROM unnest($1, $2) AS gone(nid, json) WHERE event_nid = gone.nid
                """, staged => staged.Redacted)
                .With(row => row.Event).With(row => row.Json),
            new Table<WaitingRedactionRow>(
                "INSERT INTO rooms.waiting_redaction (redacts, redaction_nid) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING", staged => staged.WaitingRedactions)
                .With(row => row.Redacts).With(row => row.Redaction),
            new Table<PlacedRow>(
                """
                UPDATE rooms.event SET snapshot_nid = placed.snapshot, replaces = placed.replaces, verdict = placed.verdict
                FROM unnest($1, $2, $3, $4) AS placed(nid, snapshot, replaces, verdict) WHERE event_nid = placed.nid
                """, staged => staged.Placed)
                .With(row => row.Event).With(row => row.Snapshot).With(row => row.Replaces).With(row => row.Verdict),
            // Behind the memberships: who comes back in the same batch has not forgotten.
            new Table<ForgottenRow>(
                """
                UPDATE rooms.membership SET forgotten = true FROM unnest($1, $2) AS gone(user_id, room)
                WHERE rooms.membership.user_id = gone.user_id AND room_nid = gone.room AND membership IN (3, 4)
                """, staged => staged.Forgotten)
                .With(row => row.UserId).With(row => row.Room),
        ];
    }

    /// <summary>Commits all of it, or nothing.</summary>
    public async Task Commit(NpgsqlDataSource db, IReadOnlyList<StagedRows> group, CancellationToken cancel)
    {
        try
        {
            Fill(group);
            await using var connection = await db.OpenConnectionAsync(cancel);
            await using var batch = new NpgsqlBatch(connection);
            foreach (var statement in _statements)
            {
                if (statement.Any)
                    batch.BatchCommands.Add(statement.Command());
            }
            await batch.ExecuteNonQueryAsync(cancel);
        }
        finally
        {
            foreach (var statement in _statements)
                statement.Clear();
        }
    }

    void Fill(IReadOnlyList<StagedRows> group)
    {
        // A statement may touch a row once: of several changes of a slot in one batch the last one counts.
        _lastCurrent.Clear();
        _lastMembership.Clear();
        foreach (var staged in group)
        {
            _partitions.Add(staged.Partition);
            _epochs.Add(staged.Epoch);
            _olds.Add(staged.OldPosition);
            _news.Add(staged.NewPosition);
            _marks.Add(staged.CommitMark);
            foreach (var row in staged.Current)
                _lastCurrent[(row.Room, row.Type, row.Key)] = row.Event;
            foreach (var row in staged.Memberships)
                _lastMembership[(row.Room, row.UserId)] = row;
        }
        foreach (var statement in _statements)
            statement.Fill(group);
    }

    IEnumerable<CurrentRow> CurrentRows(bool filled)
    {
        foreach (var ((room, type, key), nid) in _lastCurrent)
        {
            if ((nid != 0) == filled)
                yield return new CurrentRow(room, type, key, nid);
        }
    }

    /// <summary>One column of a statement: an array parameter.</summary>
    abstract class Column
    {
        public abstract NpgsqlParameter Parameter();

        public abstract void Clear();
    }

    sealed class Column<T> : Column
    {
        readonly List<T> _values = [];

        public int Count => _values.Count;

        public void Add(T value) => _values.Add(value);

        public override NpgsqlParameter Parameter() => new NpgsqlParameter<List<T>> { TypedValue = _values };

        public override void Clear() => _values.Clear();
    }

    class Statement(string sql, params List<Column> columns)
    {
        public virtual bool Any => true;

        protected List<Column> Columns { get; } = columns;

        public virtual void Fill(IReadOnlyList<StagedRows> group)
        {
        }

        public NpgsqlBatchCommand Command()
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var column in Columns)
                command.Parameters.Add(column.Parameter());
            return command;
        }

        public virtual void Clear()
        {
            foreach (var column in Columns)
                column.Clear();
        }
    }

    /// <summary>A statement over rows of one kind.</summary>
    sealed class Table<TRow>(string sql, Func<StagedRows, IEnumerable<TRow>> rows) : Statement(sql)
    {
        readonly List<Action<TRow>> _add = [];
        int _count;

        public override bool Any => _count > 0;

        public Table<TRow> With<T>(Func<TRow, T> value)
        {
            var column = new Column<T>();
            Columns.Add(column);
            _add.Add(row => column.Add(value(row)));
            return this;
        }

        public override void Fill(IReadOnlyList<StagedRows> group)
        {
            // Rows that were gathered over the whole group come once.
            IEnumerable<TRow>? gathered = null;
            foreach (var staged in group)
            {
                var source = rows(staged);
                if (source is not List<TRow> list)
                {
                    gathered = source;
                    break;
                }
                foreach (var row in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list))
                    Add(row);
            }
            if (gathered is not null)
            {
                foreach (var row in gathered)
                    Add(row);
            }
        }

        public override void Clear()
        {
            base.Clear();
            _count = 0;
        }

        void Add(TRow row)
        {
            foreach (var add in _add)
                add(row);
            _count++;
        }
    }

    /// <summary>The log: its rows take the partition from the batch they come in.</summary>
    sealed class PartitionedOutput() : Statement(
        """
        INSERT INTO rooms.output (partition, position, kind, room_nid, sequence, event_nid, stored_at, device_id, endpoint, txn_id, extra)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)
    {
        readonly Column<int> _partition = new();
        readonly Column<long> _position = new();
        readonly Column<short> _kind = new();
        readonly Column<long> _room = new();
        readonly Column<long> _sequence = new();
        readonly Column<long> _event = new();
        readonly Column<long> _storedAt = new();
        readonly Column<string?> _device = new();
        readonly Column<string?> _endpoint = new();
        readonly Column<string?> _transaction = new();
        readonly Column<byte[]?> _extra = new();

        public override bool Any => _position.Count > 0;

        public override void Fill(IReadOnlyList<StagedRows> group)
        {
            if (Columns.Count == 0)
                Columns.AddRange([_partition, _position, _kind, _room, _sequence, _event, _storedAt, _device, _endpoint, _transaction, _extra]);
            foreach (var staged in group)
            {
                foreach (var row in staged.Outputs)
                {
                    _partition.Add(staged.Partition);
                    _position.Add(row.Position);
                    _kind.Add(row.Kind);
                    _room.Add(row.Room);
                    _sequence.Add(row.Sequence);
                    _event.Add(row.Event);
                    _storedAt.Add(row.StoredAt);
                    _device.Add(row.Transaction?.DeviceId);
                    _endpoint.Add(row.Transaction?.Endpoint);
                    _transaction.Add(row.Transaction?.TransactionId);
                    _extra.Add(row.Extra);
                }
            }
        }
    }
}
