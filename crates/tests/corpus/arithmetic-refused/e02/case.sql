-- Refused by Flink.
CREATE TABLE t (
  c3 CHAR(3),
  ti TINYINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  c3 + ti AS c0
FROM t;
