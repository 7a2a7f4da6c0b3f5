-- Collections: map-from-arrays.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  MAP_FROM_ARRAYS(ARRAY['x','y'], ARRAY[1,2]) AS c0,
  MAP_FROM_ARRAYS(ARRAY['x','x'], ARRAY[1,2]) AS c1
FROM t;
