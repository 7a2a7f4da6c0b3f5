CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (k STRING, w BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE)
WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
CREATE TABLE s (v INT, w BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT t.v, u.w FROM t JOIN u ON t.ts > u.ts AND t.ts < u.ts + INTERVAL '1' SECOND;
