CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  UPPER(s) AS c1,
  LOWER(s) AS c2,
  INITCAP(s) AS c3,
  REVERSE(s) AS c4,
  UPPER(LOWER(s)) AS c5,
  INITCAP(UPPER(s)) AS c6
FROM t;
