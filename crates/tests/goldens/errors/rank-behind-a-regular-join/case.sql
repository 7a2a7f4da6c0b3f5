CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE u (k STRING, w INT) WITH ('connector' = 'filesystem', 'path' = 'u', 'format' = 'json');
-- The rows of a regular join are in no order of time.
SELECT k, v, w FROM (
  SELECT t.k, v, w, ROW_NUMBER() OVER (PARTITION BY t.k ORDER BY ts) AS rn FROM t JOIN u ON t.k = u.k
) WHERE rn = 1;
