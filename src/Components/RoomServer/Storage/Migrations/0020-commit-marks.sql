-- The mark says who moved the partition last: each commit leaves its own, and so does whoever takes the partition over. An
-- owner that never heard what became of a commit finds out by it; the position alone does not tell two attempts apart.
ALTER TABLE rooms.partition ADD COLUMN mark uuid;

CREATE FUNCTION rooms.advance(partitions int[], epochs bigint[], olds bigint[], news bigint[], marks uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved int;
BEGIN
    UPDATE rooms.partition SET position = step.new, mark = step.mark
    FROM unnest(partitions, epochs, olds, news, marks) AS step(partition, epoch, old, new, mark)
    WHERE rooms.partition.partition = step.partition AND rooms.partition.epoch = step.epoch AND rooms.partition.position = step.old;
    GET DIAGNOSTICS moved = ROW_COUNT;
    -- Raised here, in the middle of the batch, so that one round trip is enough: nothing of it commits.
    IF moved <> cardinality(partitions) THEN
        RAISE EXCEPTION 'another host owns one of the partitions %', partitions USING ERRCODE = 'MB001';
    END IF;
END $$;

-- For hosts of a former build while they are being replaced: their commits leave marks that are nobody's.
CREATE OR REPLACE FUNCTION rooms.advance(partitions int[], epochs bigint[], olds bigint[], news bigint[]) RETURNS void LANGUAGE sql AS $$
    SELECT rooms.advance(partitions, epochs, olds, news, ARRAY(SELECT gen_random_uuid() FROM unnest(partitions)))
$$;
