CREATE TABLE t (
  id INT, j STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  JSON_OBJECT('id' VALUE id, 'name' VALUE JSON_VALUE(j, '$.user.name')) AS c1,
  JSON_OBJECT('id' VALUE id, 'name' VALUE JSON_VALUE(j, '$.user.name') ABSENT ON NULL) AS c2,
  JSON_ARRAY(id, JSON_VALUE(j, '$.user.name'), id * 2) AS c3,
  JSON_ARRAY(id, JSON_VALUE(j, '$.user.name') NULL ON NULL) AS c4,
  JSON_OBJECT('nested' VALUE JSON_OBJECT('z' VALUE id, 'a' VALUE JSON_ARRAY(id, 'x'))) AS c5,
  JSON_STRING(JSON_VALUE(j, '$.user.name')) AS c6,
  JSON_OBJECT('t' VALUE id > 1) AS c7,
  JSON_OBJECT('d' VALUE CAST(id AS DOUBLE) / 3) AS c8,
  JSON_OBJECT('d' VALUE CAST(id AS DECIMAL(10, 3)) / 3) AS c9
FROM t;
