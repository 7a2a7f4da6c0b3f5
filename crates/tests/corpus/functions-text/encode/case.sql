CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  ENCODE(s, 'UTF-8') AS c1,
  ENCODE(s, 'UTF-16') AS c2,
  ENCODE(s, 'UTF-16BE') AS c3,
  ENCODE(s, 'UTF-16LE') AS c4,
  ENCODE(s, 'US-ASCII') AS c5,
  ENCODE(s, 'ISO-8859-1') AS c6,
  ENCODE(s, 'utf8') AS c7,
  DECODE(ENCODE(s, 'UTF-8'), 'UTF-8') AS c8,
  DECODE(ENCODE(s, 'UTF-16'), 'UTF-16') AS c9,
  DECODE(ENCODE(s, 'UTF-16LE'), 'UTF-16LE') AS c10,
  DECODE(ENCODE(s, 'UTF-8'), 'ISO-8859-1') AS c11,
  DECODE(ENCODE(s, 'UTF-8'), 'US-ASCII') AS c12,
  DECODE(ENCODE(s, 'ISO-8859-1'), 'UTF-8') AS c13,
  DECODE(X'ff41', 'UTF-8') AS c14
FROM t;
