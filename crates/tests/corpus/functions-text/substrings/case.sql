CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  SUBSTRING(s FROM 2) AS c1,
  SUBSTRING(s FROM 2 FOR 3) AS c2,
  SUBSTRING(s, 2) AS c3,
  SUBSTRING(s, -3, 2) AS c4,
  SUBSTRING(s FROM n) AS c5,
  SUBSTRING(s FROM n FOR n) AS c6,
  SUBSTR(s, n) AS c7,
  SUBSTR(s, n, 2) AS c8,
  SUBSTR(s, 1, n) AS c9,
  SUBSTR(s, 0, 2) AS c10,
  SUBSTR(s, -100, 2) AS c11,
  SUBSTR(s, 3, 2147483647) AS c12,
  SUBSTR(s, 2147483647) AS c13,
  SUBSTR(s, -2147483648) AS c14
FROM t;
