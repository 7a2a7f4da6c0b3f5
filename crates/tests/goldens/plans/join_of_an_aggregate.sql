CREATE TABLE t (k STRING, v INT, d DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE u (k STRING, w BIGINT) WITH ('connector' = 'filesystem', 'path' = 'u', 'format' = 'json');
CREATE TABLE s (k STRING, n BIGINT, w BIGINT) WITH ('connector' = 'print');
-- The key of the groups is the join's: they are on the right shard already, and one row each.
INSERT INTO s SELECT a.k, n, w FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) a LEFT JOIN u ON a.k = u.k AND w > n WHERE a.k <> 'x';
