CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  LPAD('abc', 5, 'xy') AS c1,
  RPAD('abc', 5, 'xy') AS c2,
  LPAD('abc', 2, 'xy') AS c3,
  RPAD('abc', 2, 'xy') AS c4,
  LPAD('abc', 0, 'x') AS c5,
  LPAD('', 3, 'ab') AS c6,
  RPAD('', 3, 'ab') AS c7,
  LPAD('abc', n, 'xy') AS c8,
  RPAD('abc', n, 'xy') AS c9,
  LPAD('日本', 4, '語') AS c10,
  RPAD('日本', 3, 'ab') AS c11
FROM t;
