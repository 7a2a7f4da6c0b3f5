CREATE TABLE t (
  b BIGINT,
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT b FROM t UNION ALL SELECT f FROM t;
