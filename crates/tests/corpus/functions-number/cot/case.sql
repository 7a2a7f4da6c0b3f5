CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  COT(ti) AS c1,
  COT(i) AS c2,
  COT(f) AS c3,
  COT(d) AS c4,
  COT(m) AS c5,
  COT(h) AS c6
FROM t;
