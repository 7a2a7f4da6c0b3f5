CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REPLACE(s, 'a', 'b') AS c1,
  REPLACE(s, 'b', '') AS c2,
  REPLACE(s, u, '_') AS c3,
  REPLACE(s, 'abc', u) AS c4,
  REPLACE(s, '😀', ':)') AS c5,
  REPEAT(s, 2) AS c6,
  REPEAT(s, 0) AS c7,
  REPEAT(s, -1) AS c8,
  REPEAT(u, n) AS c9,
  REPEAT('ab', n) AS c10
FROM t;
