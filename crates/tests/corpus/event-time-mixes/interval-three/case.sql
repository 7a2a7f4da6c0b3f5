CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT t.id, r.id AS rid, x.id AS xid FROM t JOIN r ON t.k = r.k AND r.ts BETWEEN t.ts - INTERVAL '2' SECOND AND t.ts LEFT JOIN t AS x ON x.k = r.k AND x.ts BETWEEN r.ts AND r.ts + INTERVAL '2' SECOND;
