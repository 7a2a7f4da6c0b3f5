CREATE TABLE t (
  d38 DECIMAL(38,10),
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT b FROM t UNION ALL SELECT d38 FROM t;
