-- The newest marker of each user, kind and thread. `thread` is empty for the room whatever the thread; `kind` as in the contract.
CREATE TABLE receipts.newest (
    room_id  text     COLLATE "C" NOT NULL,
    user_id  text     COLLATE "C" NOT NULL,
    kind     smallint NOT NULL,
    thread   text     COLLATE "C" NOT NULL,
    event_id text     COLLATE "C" NOT NULL,
    sent_at  bigint   NOT NULL,
    PRIMARY KEY (room_id, user_id, kind, thread)
) WITH (fillfactor = 80);

CREATE TABLE receipts.output_partition (
    partition int    PRIMARY KEY,
    position  bigint NOT NULL
);

CREATE TABLE receipts.output (
    partition int    NOT NULL,
    position  bigint NOT NULL,
    key       text   NOT NULL,
    body      bytea  NOT NULL,
    trace     text,
    PRIMARY KEY (partition, position)
);
