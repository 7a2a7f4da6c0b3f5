CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '50' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE o (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '50' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'o.json', 'format' = 'json');
SELECT t.k, HOP_START(t.ts, INTERVAL '2' SECOND, INTERVAL '6' SECOND) AS a, COUNT(*) AS c, COUNT(o.id) AS n FROM t FULL JOIN o
  ON t.k = o.k AND t.ts BETWEEN o.ts - INTERVAL '2' SECOND AND o.ts GROUP BY t.k, HOP(t.ts, INTERVAL '2' SECOND, INTERVAL '6' SECOND);
