-- CASE with branches of two types: map.
CREATE TABLE t (
  bo BOOLEAN,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN m ELSE m END AS c0,
  CASE WHEN bo THEN m ELSE NULL END AS c1
FROM t;
