-- Both components of the bus tests; whichever comes first makes both.
CREATE SCHEMA IF NOT EXISTS notebook;
CREATE SCHEMA IF NOT EXISTS reader;
CREATE TABLE IF NOT EXISTS notebook.fence (partition int PRIMARY KEY, position bigint NOT NULL);
CREATE TABLE IF NOT EXISTS notebook.line (partition int, position bigint, room text NOT NULL, text text NOT NULL, PRIMARY KEY (partition, position));
CREATE TABLE IF NOT EXISTS reader.checkpoint (log text, partition int, position bigint NOT NULL, PRIMARY KEY (log, partition));
CREATE TABLE IF NOT EXISTS reader.line (id bigserial PRIMARY KEY, room text NOT NULL, text text NOT NULL, partition int NOT NULL, position bigint NOT NULL);
