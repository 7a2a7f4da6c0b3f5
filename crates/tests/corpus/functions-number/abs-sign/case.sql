CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  ABS(ti) AS c1,
  ABS(si) AS c2,
  ABS(i) AS c3,
  ABS(b) AS c4,
  ABS(f) AS c5,
  ABS(d) AS c6,
  ABS(m) AS c7,
  ABS(h) AS c8,
  ABS(z) AS c9,
  SIGN(i) AS c10,
  SIGN(b) AS c11,
  SIGN(f) AS c12,
  SIGN(d) AS c13,
  SIGN(m) AS c14,
  SIGN(h) AS c15,
  SIGN(z) AS c16,
  -ti AS c17,
  -si AS c18,
  -i AS c19,
  -b AS c20,
  -f AS c21,
  -d AS c22,
  -m AS c23,
  -h AS c24,
  +i AS c25,
  +m AS c26
FROM t;
