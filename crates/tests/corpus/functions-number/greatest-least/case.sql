CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  GREATEST(ti, 3) AS c1,
  GREATEST(i, b) AS c2,
  GREATEST(d, f) AS c3,
  LEAST(ti, 3) AS c4,
  LEAST(i, b, 10) AS c5,
  LEAST(d, 0) AS c6,
  LEAST(f, 0.5) AS c7,
  GREATEST(i) AS c8,
  LEAST('b', 'a', 'c') AS c9,
  GREATEST('b', 'abc') AS c10,
  GREATEST(DATE '2020-01-01', DATE '2021-01-01') AS c11,
  GREATEST(TRUE, FALSE) AS c12,
  GREATEST(i, CAST(NULL AS INT)) AS c13
FROM t;
