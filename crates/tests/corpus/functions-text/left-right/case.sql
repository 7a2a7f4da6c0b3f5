CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  LEFT(s, 2) AS c1,
  RIGHT(s, 2) AS c2,
  LEFT(s, 0) AS c3,
  RIGHT(s, 0) AS c4,
  LEFT(s, -1) AS c5,
  RIGHT(s, -1) AS c6,
  LEFT(s, 100) AS c7,
  RIGHT(s, 100) AS c8,
  LEFT(s, n) AS c9,
  RIGHT(s, n) AS c10
FROM t;
