CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  SPLIT_INDEX(s, ',', 0) AS c1,
  SPLIT_INDEX(s, ',', 2) AS c2,
  SPLIT_INDEX(s, ',', 3) AS c3,
  SPLIT_INDEX(s, ',', 9) AS c4,
  SPLIT_INDEX(s, ',', -1) AS c5,
  SPLIT_INDEX(s, 'bc', 1) AS c6,
  SPLIT_INDEX(s, u, 0) AS c7,
  SPLIT_INDEX(s, u, 1) AS c8,
  SPLIT_INDEX(s, '', 0) AS c9,
  SPLIT_INDEX(s, '', 1) AS c10,
  SPLIT_INDEX(s, ' ', 1) AS c11,
  SPLIT_INDEX(s, ',', n) AS c12,
  SPLIT_INDEX(s, 44, 1) AS c13,
  SPLIT_INDEX(s, 97, 1) AS c14,
  SPLIT_INDEX(s, 0, 0) AS c15,
  SPLIT_INDEX(s, 256, 0) AS c16,
  SPLIT_INDEX(s, 32, 0) AS c17
FROM t;
