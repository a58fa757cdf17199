-- Log entries that a consumer could not handle, and those of the same key behind them.
CREATE TABLE foundation.parked_entry (
    consumer    text        NOT NULL,
    log         text        NOT NULL,
    partition   int         NOT NULL,
    position    bigint      NOT NULL,
    key         text        NOT NULL,
    body        bytea       NOT NULL,
    cause       text,
    parked_at   timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolution  text,
    PRIMARY KEY (consumer, log, partition, position)
);

CREATE INDEX parked_entry_waiting ON foundation.parked_entry (consumer, log, partition, key) WHERE resolved_at IS NULL;
