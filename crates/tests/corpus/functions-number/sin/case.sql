CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  SIN(ti) AS c1,
  SIN(i) AS c2,
  SIN(f) AS c3,
  SIN(d) AS c4,
  SIN(m) AS c5,
  SIN(h) AS c6
FROM t;
