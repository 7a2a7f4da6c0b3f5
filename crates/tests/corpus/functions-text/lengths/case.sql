CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  CHAR_LENGTH(s) AS c1,
  CHARACTER_LENGTH(s) AS c2,
  CHAR_LENGTH(CONCAT(s, u)) AS c3,
  ASCII(s) AS c4,
  ASCII(u) AS c5,
  CHR(b) AS c6,
  CHR(n) AS c7,
  ASCII(CHR(b)) AS c8,
  CHAR_LENGTH(CHR(b)) AS c9
FROM t;
