CREATE TABLE t (
  id INT, j STRING, p STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  JSON_VALUE(j, 'lax $.zzz' DEFAULT 'e' ON EMPTY) AS c1,
  JSON_VALUE(j, 'lax $.a' DEFAULT 'e' ON EMPTY DEFAULT 'r' ON ERROR) AS c2,
  JSON_VALUE(j, 'strict $.a' DEFAULT 'e' ON EMPTY DEFAULT 'r' ON ERROR) AS c3,
  JSON_VALUE(j, 'strict $.zzz' NULL ON EMPTY NULL ON ERROR) AS c4,
  JSON_VALUE(j, 'lax $.a' NULL ON EMPTY) AS c5,
  JSON_VALUE(j, 'strict $.a' DEFAULT 'r' ON ERROR) AS c6,
  JSON_VALUE(j, 'lax $.a' RETURNING STRING) AS c7,
  JSON_VALUE(j, 'lax $.zzz' RETURNING INTEGER DEFAULT 5 ON EMPTY) AS c8,
  JSON_VALUE(j, 'lax $.zzz' RETURNING BOOLEAN DEFAULT TRUE ON EMPTY) AS c9,
  JSON_VALUE(j, 'lax $.zzz' RETURNING STRING DEFAULT 'x' ON EMPTY) AS c10,
  JSON_VALUE(j, p) AS c11
FROM t;
