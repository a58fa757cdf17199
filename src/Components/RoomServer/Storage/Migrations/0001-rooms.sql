-- Everything about rooms. Names that repeat (types, state keys, rooms, events) are interned as numbers; event JSON is kept
-- apart from what is looked up by, so that it can be purged by room.

-- Handed out in blocks to the owners of partitions: within a room, a later event has a greater number.
CREATE SEQUENCE rooms.nid INCREMENT BY 1024;

-- One row per partition of the log. The epoch rises when a host takes the partition over, the position with every commit:
-- together they fence off a host that was paused and comes back.
CREATE TABLE rooms.partition (
    partition int    PRIMARY KEY,
    epoch     bigint NOT NULL DEFAULT 0,
    position  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE FUNCTION rooms.advance(partitions int[], epochs bigint[], olds bigint[], news bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved int;
BEGIN
    UPDATE rooms.partition SET position = step.new
    FROM unnest(partitions, epochs, olds, news) AS step(partition, epoch, old, new)
    WHERE rooms.partition.partition = step.partition AND rooms.partition.epoch = step.epoch AND rooms.partition.position = step.old;
    GET DIAGNOSTICS moved = ROW_COUNT;
    -- Raised here, in the middle of the batch, so that one round trip is enough: nothing of it commits.
    IF moved <> cardinality(partitions) THEN
        RAISE EXCEPTION 'another host owns one of the partitions %', partitions USING ERRCODE = 'MB001';
    END IF;
END $$;

CREATE TABLE rooms.event_type (
    type_id int  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type    text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE rooms.state_key (
    state_key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state_key    text   COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE rooms.room (
    room_nid bigint PRIMARY KEY,
    room_id  text   COLLATE "C" NOT NULL UNIQUE,
    version  text   NOT NULL
);

-- The head of a room: where its next event goes.
CREATE TABLE rooms.head (
    room_nid     bigint   PRIMARY KEY,
    sequence     bigint   NOT NULL,
    depth        bigint   NOT NULL,
    extremities  bigint[] NOT NULL,
    snapshot_nid bigint   NOT NULL,
    joined       int      NOT NULL,
    invited      int      NOT NULL
) WITH (fillfactor = 50);

-- state_key_id is 0 for message events. snapshot_nid is the state after the event, 0 where it is not known (outliers).
-- replaces is the state event in the same slot before it, 0 for none: with it the state before is known too.
-- auth is the event's auth events as packed numbers: they are read with the state events alone, by one covering index.
CREATE TABLE rooms.event (
    event_nid        bigint   PRIMARY KEY,
    room_nid         bigint   NOT NULL,
    event_id         text     COLLATE "C" NOT NULL UNIQUE,
    type_id          int      NOT NULL,
    state_key_id     bigint   NOT NULL,
    depth            bigint   NOT NULL,
    origin_server_ts bigint   NOT NULL,
    snapshot_nid     bigint   NOT NULL,
    replaces         bigint   NOT NULL,
    verdict          smallint NOT NULL,
    auth             bytea    NOT NULL
);
CREATE INDEX event_by_time ON rooms.event (room_nid, origin_server_ts);
CREATE INDEX event_auth ON rooms.event (room_nid, event_nid) INCLUDE (auth) WHERE state_key_id <> 0;

CREATE TABLE rooms.event_json (
    event_nid bigint  PRIMARY KEY,
    json      bytea   NOT NULL,
    redacted  boolean NOT NULL DEFAULT false
);

-- Why an event was not accepted. An accepted event's verdict is its row in rooms.event.
CREATE TABLE rooms.event_check (
    event_id   text     COLLATE "C" PRIMARY KEY,
    room_id    text     COLLATE "C" NOT NULL,
    verdict    smallint NOT NULL,
    rule       text     NOT NULL,
    reason     text     NOT NULL,
    checked_at bigint   NOT NULL
);

-- Redactions whose target was not known when they came.
CREATE TABLE rooms.waiting_redaction (
    redacts       text   COLLATE "C" NOT NULL,
    redaction_nid bigint NOT NULL,
    PRIMARY KEY (redacts, redaction_nid)
);

-- State after an event: the delta here, over that of level 1, over level 0; never longer than that. Deltas are packed
-- (type, state key, event) sorted by slot, event 0 for a slot that became empty. Number 0 is the empty state.
CREATE TABLE rooms.snapshot (
    snapshot_nid bigint PRIMARY KEY,
    room_nid     bigint NOT NULL,
    l1_nid       bigint NOT NULL,
    delta        bytea  NOT NULL
);

CREATE TABLE rooms.snapshot_l1 (
    l1_nid   bigint PRIMARY KEY,
    room_nid bigint NOT NULL,
    l0_nid   bigint NOT NULL,
    l0_count int    NOT NULL,
    delta    bytea  NOT NULL
);

-- In chunks that begin with a slot, so that one slot is one row.
CREATE TABLE rooms.snapshot_l0 (
    l0_nid     bigint NOT NULL,
    first_type int    NOT NULL,
    first_key  bigint NOT NULL,
    room_nid   bigint NOT NULL,
    entries    bytea  NOT NULL,
    PRIMARY KEY (l0_nid, first_type, first_key)
);

CREATE TABLE rooms.current_state (
    room_nid     bigint NOT NULL,
    type_id      int    NOT NULL,
    state_key_id bigint NOT NULL,
    event_nid    bigint NOT NULL,
    PRIMARY KEY (room_nid, type_id, state_key_id)
);

CREATE TABLE rooms.membership (
    user_id    text     COLLATE "C" NOT NULL,
    room_nid   bigint   NOT NULL,
    membership smallint NOT NULL,
    event_nid  bigint   NOT NULL,
    forgotten  boolean  NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, room_nid)
);
CREATE INDEX membership_by_room ON rooms.membership (room_nid, membership, user_id);

-- A client's transaction ids: key is a digest of (user, device, endpoint, transaction id). The primary key is what makes a
-- repeat the same event, on any host and after any crash.
CREATE TABLE rooms.client_transaction (
    key       uuid   PRIMARY KEY,
    event_id  text   COLLATE "C" NOT NULL,
    stored_at bigint NOT NULL
);

-- The output log. Bodies are not copied: they are read from the event tables. extra is what a message does not have.
CREATE TABLE rooms.output (
    partition int      NOT NULL,
    position  bigint   NOT NULL,
    kind      smallint NOT NULL,
    room_nid  bigint   NOT NULL,
    sequence  bigint   NOT NULL,
    event_nid bigint   NOT NULL,
    stored_at bigint   NOT NULL,
    device_id text,
    endpoint  text,
    txn_id    text,
    extra     bytea,
    PRIMARY KEY (partition, position)
);
