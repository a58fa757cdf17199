-- Messages that could not be handled, kept whole: an operator repeats or discards them.
CREATE TABLE workflows.fault (
    sequence      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL,
    endpoint      text        NOT NULL,
    message_id    uuid,
    correlation   uuid,
    message_type  text,
    content_type  text,
    body          bytea       NOT NULL,
    exception     text        NOT NULL,
    error         text        NOT NULL,
    stack         text,
    host          text        NOT NULL,
    resolved_at   timestamptz,
    resolution    text
);

CREATE INDEX fault_open ON workflows.fault (exception, endpoint, at) WHERE resolved_at IS NULL;
