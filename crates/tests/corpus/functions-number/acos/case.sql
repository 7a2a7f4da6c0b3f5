CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  ACOS(ti) AS c1,
  ACOS(i) AS c2,
  ACOS(f) AS c3,
  ACOS(d) AS c4,
  ACOS(m) AS c5,
  ACOS(h) AS c6
FROM t;
