CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0), w DECIMAL(38,0), s STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  m = w AS c1,
  h < w AS c2,
  w < m AS c3,
  COALESCE(m, w) AS c4,
  COALESCE(h, w, m) AS c5,
  TYPEOF(COALESCE(m, w)) AS c6,
  TYPEOF(COALESCE(h, b)) AS c7,
  CASE WHEN id > 3 THEN m WHEN id > 2 THEN w END AS c8,
  TYPEOF(CASE WHEN id > 3 THEN h WHEN id > 2 THEN w END) AS c9,
  m IN (w, h) AS c10,
  NULLIF(m, w) AS c11,
  NULLIF(w, h) AS c12,
  m > h AS c13,
  z = w AS c14,
  z <> m AS c15
FROM t;
