CREATE TABLE t (
  id INT, j STRING, p STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  j IS JSON AS c1,
  j IS NOT JSON AS c2,
  j IS JSON VALUE AS c3,
  j IS JSON OBJECT AS c4,
  j IS JSON ARRAY AS c5,
  j IS JSON SCALAR AS c6,
  j IS NOT JSON VALUE AS c7,
  j IS NOT JSON OBJECT AS c8,
  j IS NOT JSON ARRAY AS c9,
  j IS NOT JSON SCALAR AS c10
FROM t;
