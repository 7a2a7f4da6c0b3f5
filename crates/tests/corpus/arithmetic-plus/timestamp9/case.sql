-- a + b: timestamp9.
CREATE TABLE t (
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts9 + INTERVAL '1' MONTH AS c0,
  ts9 + INTERVAL '1' DAY AS c1
FROM t;
