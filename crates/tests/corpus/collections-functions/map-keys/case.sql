-- Collections: map-keys.
CREATE TABLE t (
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  MAP_KEYS(m) AS c0
FROM t;
