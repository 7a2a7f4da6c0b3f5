-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  ts9 TIMESTAMP(9),
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN m ELSE ts9 END AS c0
FROM t;
