-- OVERLAY, LPAD and RPAD count UTF-16 units and may cut a character; ENCODE of a constant is of its type's one byte.
CREATE TABLE t (id INT, s STRING, n INT) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT id,
  OVERLAY(s PLACING 'x' FROM n) AS c0,
  OVERLAY(s PLACING '' FROM n FOR 1) AS c1,
  OVERLAY(s PLACING '' FROM 2 FOR 2) AS c2,
  OVERLAY(s PLACING '😀' FROM n FOR 2) AS c3,
  LPAD(s, n, '😀') AS c4,
  RPAD(s, n, '😀') AS c5,
  RPAD(s, 9, 'x😀') AS c6,
  LPAD('', n, s) AS c7,
  ENCODE('abc', 'UTF-8') AS c8,
  ENCODE(s, 'UTF-8') AS c9,
  CAST(ENCODE('abc', 'UTF-8') AS BYTES) AS c10,
  DECODE(ENCODE('abc', 'UTF-8'), 'UTF-8') AS c11
FROM t;
