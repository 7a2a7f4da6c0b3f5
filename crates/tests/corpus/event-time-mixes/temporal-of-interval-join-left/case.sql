CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW u AS SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM r) WHERE n = 1;
SELECT j.id, j.xid, u.v FROM (SELECT t.id, t.k, x.id AS xid, x.ts AS xts FROM t LEFT JOIN t AS x ON t.k = x.k AND x.id = t.id + 1 AND x.ts BETWEEN t.ts AND t.ts + INTERVAL '2' SECOND) AS j LEFT JOIN u FOR SYSTEM_TIME AS OF j.xts ON j.k = u.k;
