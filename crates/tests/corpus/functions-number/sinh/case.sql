CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  SINH(ti) AS c1,
  SINH(i) AS c2,
  SINH(f) AS c3,
  SINH(d) AS c4,
  SINH(m) AS c5,
  SINH(h) AS c6
FROM t;
