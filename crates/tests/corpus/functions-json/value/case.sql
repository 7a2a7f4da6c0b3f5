CREATE TABLE t (
  id INT, j STRING, p STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  JSON_VALUE(j, '$.a') AS c1,
  JSON_VALUE(j, 'lax $.a') AS c2,
  JSON_VALUE(j, 'strict $.a') AS c3,
  JSON_VALUE(j, '$') AS c4,
  JSON_VALUE(j, 'lax $') AS c5,
  JSON_VALUE(j, '$.a.b') AS c6,
  JSON_VALUE(j, '$.a[0].b') AS c7,
  JSON_VALUE(j, '$[0]') AS c8,
  JSON_VALUE(j, '$[1]') AS c9,
  JSON_VALUE(j, '$[-1]') AS c10,
  JSON_VALUE(j, '$[2]') AS c11,
  JSON_VALUE(j, '$[3]') AS c12,
  JSON_VALUE(j, '$.b') AS c13,
  JSON_VALUE(j, '$.c') AS c14,
  JSON_VALUE(j, '$.d') AS c15,
  JSON_VALUE(j, '$.e') AS c16,
  JSON_VALUE(j, '$["a"]') AS c17,
  JSON_VALUE(j, '$[''a'']') AS c18,
  JSON_VALUE(j, '$.''a b''') AS c19,
  JSON_VALUE(j, '$["a b"]') AS c20,
  JSON_VALUE(j, '$["x.y"]') AS c21,
  JSON_VALUE(j, '$.日本') AS c22,
  JSON_VALUE(j, '$.a.length()') AS c23,
  JSON_VALUE(j, '$.a.c.length()') AS c24,
  JSON_VALUE(j, '$.a.c.sum()') AS c25,
  JSON_VALUE(j, 'lax $.a[*].b') AS c26,
  JSON_VALUE(j, 'lax $..b') AS c27
FROM t;
