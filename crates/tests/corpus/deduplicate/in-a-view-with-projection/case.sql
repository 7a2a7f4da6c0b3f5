CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');

CREATE VIEW d AS SELECT k AS key_, ts AS at_, v + 1 AS w FROM (SELECT k, ts, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rownum FROM t WHERE v IS NOT NULL) WHERE rownum = 1;
SELECT key_, w * 2 AS ww, at_ FROM d WHERE w > 1;
