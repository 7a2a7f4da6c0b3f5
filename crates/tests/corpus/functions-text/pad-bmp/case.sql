CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  LPAD(s, 5, 'xy') AS c1,
  RPAD(s, 5, 'xy') AS c2,
  LPAD(s, 3, '語') AS c3,
  RPAD(s, 3, '語') AS c4,
  LPAD(s, n, 'ab') AS c5,
  RPAD(s, n, 'ab') AS c6,
  LPAD(s, 20, s) AS c7,
  RPAD(s, 20, s) AS c8
FROM t;
