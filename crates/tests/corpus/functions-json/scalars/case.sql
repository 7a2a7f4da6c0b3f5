CREATE TABLE t (
  id INT, j STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  j IS JSON AS c1,
  j IS JSON SCALAR AS c2,
  j IS JSON OBJECT AS c3,
  JSON_VALUE(j, '$') AS c4,
  JSON_VALUE(j, 'lax $') AS c5,
  JSON_QUERY(j, 'lax $' WITH WRAPPER) AS c6,
  JSON_EXISTS(j, '$') AS c7,
  JSON_STRING(j) AS c8,
  JSON_QUERY('[' || j || ']', '$') AS c9,
  JSON_VALUE('[' || j || ']', '$[0]') AS c10
FROM t;
