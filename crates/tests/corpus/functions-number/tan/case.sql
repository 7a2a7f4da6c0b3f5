CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  TAN(ti) AS c1,
  TAN(i) AS c2,
  TAN(f) AS c3,
  TAN(d) AS c4,
  TAN(m) AS c5,
  TAN(h) AS c6
FROM t;
