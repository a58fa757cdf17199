-- The record of workflows: what an operator reads.
CREATE SCHEMA IF NOT EXISTS workflows;

CREATE TABLE workflows.instance (
    id           uuid        PRIMARY KEY,
    saga         text        NOT NULL,
    room_id      text,
    user_id      text,
    server_name  text,
    event_id     text,
    parent       uuid,
    state        text        NOT NULL,
    since        timestamptz NOT NULL,
    -- 1 running, 2 failing (its last message ended in an error), 3 ended
    status       smallint    NOT NULL,
    waiting_for  text,
    deadline     timestamptz,
    attempt      int         NOT NULL DEFAULT 0,
    last_error   text,
    trace_id     text,
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
);

CREATE INDEX instance_open ON workflows.instance (saga, state, since) WHERE status <> 3;
CREATE INDEX instance_room ON workflows.instance (room_id) WHERE room_id IS NOT NULL;
CREATE INDEX instance_server ON workflows.instance (server_name) WHERE server_name IS NOT NULL;

-- Appended to, never changed. A step that failed stands here too: it was written on a connection of its own.
CREATE TABLE workflows.step (
    sequence     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance     uuid        NOT NULL,
    saga         text        NOT NULL,
    at           timestamptz NOT NULL,
    event        text        NOT NULL,
    from_state   text        NOT NULL,
    to_state     text        NOT NULL,
    message_id   uuid,
    causation_id uuid,
    attempt      int         NOT NULL,
    -- {"Property": [before, after]}
    changed      jsonb,
    duration_us  bigint      NOT NULL,
    error        text,
    trace_id     text,
    host         text        NOT NULL
);

CREATE INDEX step_of_instance ON workflows.step (instance, sequence);
