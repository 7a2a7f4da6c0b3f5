CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, k, COUNT(*) OVER w AS c, SUM(v) OVER w AS s, COUNT(DISTINCT v) OVER w AS d, MIN(v) OVER w AS lo, FIRST_VALUE(v) OVER w AS f, LAST_VALUE(id) OVER w AS l FROM t WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);
