-- A partition at a time, by its key: joining the arrays to the table made a hash join of every commit, which took longer than all
-- its inserts.
CREATE OR REPLACE FUNCTION rooms.advance(partitions int[], epochs bigint[], olds bigint[], news bigint[], marks uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(partitions) LOOP
        UPDATE rooms.partition SET position = news[i], mark = marks[i]
        WHERE partition = partitions[i] AND epoch = epochs[i] AND position = olds[i];
        -- Raised here, in the middle of the batch, so that one round trip is enough: nothing of it commits.
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another host owns one of the partitions %', partitions USING ERRCODE = 'MB001';
        END IF;
    END LOOP;
END $$;
