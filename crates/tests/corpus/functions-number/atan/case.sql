CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  ATAN(ti) AS c1,
  ATAN(i) AS c2,
  ATAN(f) AS c3,
  ATAN(d) AS c4,
  ATAN(m) AS c5,
  ATAN(h) AS c6
FROM t;
