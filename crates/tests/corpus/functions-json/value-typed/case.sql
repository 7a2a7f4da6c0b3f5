CREATE TABLE t (
  id INT, j STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  JSON_VALUE(j, 'lax $.user.age' RETURNING INTEGER) AS c1,
  JSON_VALUE(j, 'lax $.active' RETURNING BOOLEAN) AS c2,
  JSON_VALUE(j, 'lax $.score' RETURNING DOUBLE) AS c3,
  JSON_VALUE(j, 'lax $.user.age' RETURNING INTEGER DEFAULT -1 ON EMPTY) AS c4,
  JSON_VALUE(j, 'lax $.user.name' RETURNING STRING DEFAULT 'unknown' ON EMPTY) AS c5,
  JSON_VALUE(j, 'strict $.user.name' DEFAULT 'bad' ON ERROR) AS c6,
  JSON_VALUE(j, 'strict $.user' DEFAULT 'object' ON ERROR) AS c7,
  JSON_VALUE(j, 'lax $.user' DEFAULT 'empty' ON EMPTY DEFAULT 'error' ON ERROR) AS c8,
  JSON_VALUE(j, '$.score') AS c9,
  JSON_VALUE(j, '$.active') AS c10,
  JSON_VALUE(j, '$.big') AS c11,
  JSON_VALUE(j, '$.tiny') AS c12,
  JSON_VALUE(j, '$.text') AS c13,
  JSON_VALUE(j, '$.nothing') AS c14,
  CAST(JSON_VALUE(j, '$.user.age') AS INT) + 1 AS c15
FROM t;
