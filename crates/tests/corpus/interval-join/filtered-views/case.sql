CREATE TABLE l (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');

CREATE VIEW lv AS SELECT id, k, ts, v * 2 AS w FROM l WHERE v > 2;
CREATE VIEW rv AS SELECT ts, k, id FROM r WHERE k IS NOT NULL;
SELECT lv.w, lv.id, rv.id AS rid, COALESCE(rv.k, 'none') AS rk FROM lv LEFT JOIN rv
ON lv.k = rv.k AND lv.ts BETWEEN rv.ts AND rv.ts + INTERVAL '6' SECOND WHERE lv.w < 18;
