-- Refused by Flink.
CREATE TABLE t (
  `i` INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT CAST(x AS INT) AS y FROM (SELECT NULL AS x FROM t);
