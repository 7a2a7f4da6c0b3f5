CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  s || u AS c1,
  s || '-' || u AS c2,
  CONCAT(s, u) AS c3,
  CONCAT(s) AS c4,
  CONCAT(s, '-', u, '-', s) AS c5,
  CONCAT_WS('-', s, u) AS c6,
  CONCAT_WS(u, s, s) AS c7,
  CONCAT_WS(',', s, CAST(NULL AS STRING), u) AS c8,
  CONCAT_WS(CAST(NULL AS STRING), s, u) AS c9,
  CONCAT_WS('-', CAST(NULL AS STRING)) AS c10,
  'a' || 'b' AS c11,
  CONCAT_WS('x') AS c12
FROM t;
