CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  ASIN(ti) AS c1,
  ASIN(i) AS c2,
  ASIN(f) AS c3,
  ASIN(d) AS c4,
  ASIN(m) AS c5,
  ASIN(h) AS c6
FROM t;
