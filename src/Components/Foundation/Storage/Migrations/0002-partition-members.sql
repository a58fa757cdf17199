-- Which hosts share the partitions of a group, by the session that holds their locks.
CREATE UNLOGGED TABLE foundation.partition_member (
    group_name    text        NOT NULL,
    host          text        NOT NULL,
    backend_pid   int         NOT NULL,
    backend_start timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL,
    PRIMARY KEY (group_name, host)
) WITH (fillfactor = 50);
