-- Refused by Flink.
CREATE TABLE t (
  d38 DECIMAL(38,10),
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d38 + m AS c0
FROM t;
