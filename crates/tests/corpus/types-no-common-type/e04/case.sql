-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN bo ELSE m END AS c0
FROM t;
