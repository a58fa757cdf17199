-- What a sliding sync's client was told, one row for each position that it may come back with. Losing them is harmless: a client
-- whose position is unknown begins anew.
CREATE TABLE sync.connection (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id   text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    state     bytea NOT NULL
);
CREATE INDEX connection_device ON sync.connection (user_id, device_id, name, id);
