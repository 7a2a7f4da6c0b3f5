CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, n BIGINT, u STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT k, n, UUID() FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k);
SELECT 1 AS done;
