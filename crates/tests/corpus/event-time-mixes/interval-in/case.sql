CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT id, k FROM t WHERE v IN (SELECT v FROM r WHERE r.k = t.k AND r.ts > t.ts - INTERVAL '5' SECOND AND r.ts < t.ts);
