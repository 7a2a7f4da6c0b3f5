-- Times of unlike precisions: equal in the type of the left side, ordered by all digits, also beyond the years of
-- nanoseconds; NULL where there is no order.
CREATE TABLE t (s STRING, i INT, bo BOOLEAN, dt DATE, tm TIME(3), t3 TIMESTAMP(3), t9 TIMESTAMP(9), l3 TIMESTAMP_LTZ(3), ai ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>)
 WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
SELECT
  t9 < t3 AS a, t9 = t3 AS b, t3 >= t9 AS c, t9 > TIMESTAMP '9999-12-31 00:00:00' AS d, t9 < TIMESTAMP '0001-01-01 00:00:00' AS e,
  t9 BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59' AS f, t3 = t9 AS g, NULLIF(t3, t9) AS g2, TIMESTAMP '2020-01-01 00:00:00' = t3 AS g3, t3 <> CAST(t3 AS TIMESTAMP(0)) AS g4,
  l3 = t9 AS g5, t3 IN (TIMESTAMP '2020-01-01 00:00:00.7894', TIMESTAMP '2020-01-01 00:00:00') AS g6,
  t3 NOT IN (TIMESTAMP '2020-01-01 00:00:00.789', TIMESTAMP '2020-01-01 00:00:00') AS g7,
  t9 = l3 AS h, CASE t9 WHEN t3 THEN 1 ELSE 2 END AS j, t9 < '9999-12-31 00:00:00' AS k,
  ai < NULL AS l, NULL < ai AS n, m >= NULL AS o, r > NULL AS p, CAST(NULL AS TIMESTAMP(3)) BETWEEN l3 AND l3 AS q,
  t3 < CAST(NULL AS TIMESTAMP_LTZ(3)) AS u
FROM t;
