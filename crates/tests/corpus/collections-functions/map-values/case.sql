-- Collections: map-values.
CREATE TABLE t (
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  MAP_VALUES(m) AS c0
FROM t;
