CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, id, v, a, b FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS b FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, s ORDER BY v, id DESC) AS a FROM t) WHERE a <= 2) WHERE b <= 2;
