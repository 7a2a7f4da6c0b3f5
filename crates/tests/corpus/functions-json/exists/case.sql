CREATE TABLE t (
  id INT, j STRING, p STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  JSON_EXISTS(j, '$.a') AS c1,
  JSON_EXISTS(j, 'lax $.a') AS c2,
  JSON_EXISTS(j, 'strict $.a') AS c3,
  JSON_EXISTS(j, '$') AS c4,
  JSON_EXISTS(j, 'lax $') AS c5,
  JSON_EXISTS(j, '$.a.b') AS c6,
  JSON_EXISTS(j, '$[0]') AS c7,
  JSON_EXISTS(j, '$[*]') AS c8,
  JSON_EXISTS(j, '$.*') AS c9,
  JSON_EXISTS(j, '$..b') AS c10,
  JSON_EXISTS(j, 'strict $.zzz' TRUE ON ERROR) AS c11,
  JSON_EXISTS(j, 'strict $.zzz' FALSE ON ERROR) AS c12,
  JSON_EXISTS(j, 'strict $.zzz' UNKNOWN ON ERROR) AS c13,
  JSON_EXISTS(j, 'lax $.zzz' TRUE ON ERROR) AS c14,
  JSON_EXISTS(j, '$[' UNKNOWN ON ERROR) AS c15,
  JSON_EXISTS(j, 'nonsense' UNKNOWN ON ERROR) AS c16
FROM t;
