CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW o AS SELECT id, k, v, ts, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM t;
SELECT o.id, t.id AS other FROM o JOIN t ON o.k = t.k AND o.v = t.v AND t.id < 5;
