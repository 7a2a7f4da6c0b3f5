CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  POSITION('a' IN s) AS c1,
  POSITION(u IN s) AS c2,
  POSITION('' IN s) AS c3,
  LOCATE('b', s) AS c4,
  LOCATE(u, s) AS c5,
  LOCATE('b', s, 2) AS c6,
  LOCATE('a', s, n) AS c7,
  LOCATE('', s, 3) AS c8,
  LOCATE(u, s, 0) AS c9,
  LOCATE(u, s, -1) AS c10,
  INSTR(s, 'b') AS c11,
  INSTR(s, u) AS c12,
  INSTR(s, '') AS c13,
  POSITION('語' IN s) AS c14,
  LOCATE('😀', s, 2) AS c15
FROM t;
