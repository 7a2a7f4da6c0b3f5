CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  TO_BASE64(s) AS c1,
  FROM_BASE64(TO_BASE64(s)) AS c2,
  TO_BASE64(u) AS c3,
  HEX(s) AS c4,
  HEX(u) AS c5,
  HEX(b) AS c6,
  HEX(n) AS c7,
  BIN(b) AS c8,
  BIN(n) AS c9,
  FROM_BASE64('aGVsbG8gd29ybGQ=') AS c10,
  FROM_BASE64('') AS c11
FROM t;
