-- A checkpoint at a time, by its key: joining the arrays to the table made a hash join of every commit, which took longer than all
-- its inserts.
CREATE OR REPLACE FUNCTION sync.advance(logs text[], partitions int[], afters bigint[], up_tos bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(logs) LOOP
        UPDATE sync.checkpoint SET position = up_tos[i]
        WHERE log = logs[i] AND partition = partitions[i] AND position = afters[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the checkpoint of % in partition % is not where it was expected', logs[i], partitions[i] USING ERRCODE = 'MB001';
        END IF;
    END LOOP;
END $$;
