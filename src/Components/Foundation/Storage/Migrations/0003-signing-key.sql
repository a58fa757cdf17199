-- The key that every process of this server signs with, as the line of a key file. Secret.
CREATE TABLE foundation.signing_key (
    server_name text        PRIMARY KEY,
    line        text        NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now()
);
