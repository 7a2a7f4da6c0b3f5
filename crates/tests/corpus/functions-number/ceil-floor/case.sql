CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  CEIL(ti) AS c1,
  CEIL(i) AS c2,
  CEIL(b) AS c3,
  CEIL(f) AS c4,
  CEIL(d) AS c5,
  CEIL(m) AS c6,
  CEIL(h) AS c7,
  CEIL(z) AS c8,
  CEILING(d) AS c9,
  FLOOR(ti) AS c10,
  FLOOR(si) AS c11,
  FLOOR(i) AS c12,
  FLOOR(b) AS c13,
  FLOOR(f) AS c14,
  FLOOR(d) AS c15,
  FLOOR(m) AS c16,
  FLOOR(h) AS c17,
  FLOOR(z) AS c18
FROM t;
