namespace Matrix.Bus.Foundation;

/// <summary>The configuration files of the embedded PostgreSQL, written anew at every start.</summary>
static class EmbeddedPostgresSettings
{
    public const string User = "matrix_bus";

    public const string Database = "matrix_bus";

    public static string Server(string socketDirectory) => $"""
        # Written by Matrix.Bus at every start. Changes belong into postgresql.local.conf beside this file.
        cluster_name = 'matrix-bus'
        listen_addresses = ''
        port = 5432
        unix_socket_directories = '{socketDirectory.Replace("'", "''", StringComparison.Ordinal)}'
        unix_socket_permissions = 0700
        # Every component has a pool of its own; a slot that is not used costs a few kilobytes.
        max_connections = 500

        # What was acknowledged is on disk.
        fsync = on
        synchronous_commit = on
        full_page_writes = on
        # 'replica' so that pg_basebackup can copy the running database.
        wal_level = replica
        max_wal_senders = 2
        max_wal_size = 1GB
        min_wal_size = 160MB
        wal_buffers = 8MB
        checkpoint_timeout = 10min

        shared_buffers = 64MB
        work_mem = 8MB
        maintenance_work_mem = 64MB
        effective_cache_size = 512MB
        random_page_cost = 1.1
        # Short queries only: compiling or spreading them costs more than it saves, and parallel workers
        # need more of /dev/shm than a container has.
        jit = off
        max_parallel_workers_per_gather = 0
        max_parallel_maintenance_workers = 0
        # Queues and positions are updated all the time.
        autovacuum_naptime = 20s
        autovacuum_vacuum_scale_factor = 0.05
        autovacuum_vacuum_insert_scale_factor = 0.1
        autovacuum_analyze_scale_factor = 0.05

        log_destination = 'stderr'
        logging_collector = off
        log_line_prefix = '%m [%p] '
        log_checkpoints = off
        log_timezone = 'UTC'
        timezone = 'UTC'
        lc_messages = 'C'

        include_if_exists = 'postgresql.local.conf'

        """;

    /// <summary>
    /// Peer rather than trust: the kernel says who is at the other end of the socket, so that a wrong mode on the
    /// socket's directory does not open the database. It needs no password to keep, either.
    /// </summary>
    public const string Access = """
        # Written by Matrix.Bus at every start.
        local all         all peer map=matrix_bus
        local replication all peer map=matrix_bus

        """;

    /// <summary>Who may come in: whoever runs the server, and root, who could anyway.</summary>
    public static string Map(string account) => string.Concat(
        new[] { account, "root" }.Distinct()
            .Select(name => $"matrix_bus \"{name}\" {User}\n")
            .Prepend("# Written by Matrix.Bus at every start.\n"));
}
