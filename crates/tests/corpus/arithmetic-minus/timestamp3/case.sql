-- a - b: timestamp3.
CREATE TABLE t (
  ts3 TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts3 - INTERVAL '1' MONTH AS c0,
  ts3 - INTERVAL '1' DAY AS c1
FROM t;
