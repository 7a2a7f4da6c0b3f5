CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REPLACE(s, 'a', 'b') AS c1,
  REPLACE(s, '', '-') AS c2,
  REPLACE(s, u, '_') AS c3,
  REPEAT(s, 2) AS c4,
  REPEAT(s, n) AS c5,
  REPEAT(u, n) AS c6
FROM t;
