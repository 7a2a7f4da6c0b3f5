CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  RAND(1) AS c1,
  RAND(42) AS c2,
  RAND(1) AS c3,
  RAND_INTEGER(10)  >= 0 AS c4,
  RAND_INTEGER(1, 10) AS c5,
  RAND_INTEGER(42, 1000) AS c6,
  RAND_INTEGER(7, 1) AS c7,
  RAND_INTEGER(5, 2147483647) AS c8,
  RAND(0) AS c9,
  RAND(-5) AS c10,
  RAND() < 1 AS c11,
  RAND(i) AS c12,
  RAND_INTEGER(i, 100) AS c13,
  RAND_INTEGER(ti, 100) AS c14,
  RAND_INTEGER(3, si * 0 + 50) AS c15
FROM t;
