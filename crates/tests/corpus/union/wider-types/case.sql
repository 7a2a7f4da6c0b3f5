CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
SELECT v AS x, CAST(v AS DECIMAL(5,2)) AS d, 'ab' AS s FROM t UNION ALL SELECT CAST(v AS BIGINT), CAST(v AS DECIMAL(10,4)), 'c' FROM u;
