CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE o (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'o.json', 'format' = 'json');
SELECT t.id, o.id AS other FROM t FULL JOIN o ON t.k = o.k AND t.ts >= o.ts - INTERVAL '2' SECOND AND t.ts < o.ts + INTERVAL '1' SECOND;
