CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (k STRING, w BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE)
WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
CREATE TABLE s (k STRING, v INT, w BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT t.k, t.v, u.w FROM t FULL JOIN u ON t.k = u.k AND t.ts BETWEEN u.ts - INTERVAL '10' SECOND AND u.ts + INTERVAL '1' HOUR AND t.v < u.w;
