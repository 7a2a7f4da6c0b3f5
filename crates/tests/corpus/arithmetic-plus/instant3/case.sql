-- a + b: instant3.
CREATE TABLE t (
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  lt3 + INTERVAL '1' MONTH AS c0,
  lt3 + INTERVAL '1' DAY AS c1
FROM t;
