CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  MOD(ti, 3) AS c1,
  MOD(si, 7) AS c2,
  MOD(i, 7) AS c3,
  MOD(i, -7) AS c4,
  MOD(b, 10) AS c5,
  MOD(b, 1000000007) AS c6,
  MOD(m, 3) AS c7,
  MOD(m, 0.7) AS c8,
  MOD(h, 7) AS c9,
  i % 7 AS c10,
  ti % CAST(100 AS BIGINT) AS c11,
  b % CAST(100 AS TINYINT) AS c12
FROM t;
