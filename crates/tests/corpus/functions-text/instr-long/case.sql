CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  INSTR(s, 'b', 2) AS c1,
  INSTR(s, 'a', 1, 2) AS c2,
  INSTR(s, 'a', -1) AS c3,
  INSTR(s, 'a', -1, 2) AS c4,
  INSTR(s, 'b', n) AS c5,
  INSTR(s, 'bc', -2, 1) AS c6,
  INSTR(s, 'a', 0) AS c7
FROM t;
