-- a * b: interval-day.
CREATE TABLE t (
  ti TINYINT,
  sm SMALLINT,
  i INT,
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  INTERVAL '1' DAY * ti AS c0,
  INTERVAL '1' DAY * sm AS c1,
  INTERVAL '1' DAY * i AS c2,
  INTERVAL '1' DAY * b AS c3
FROM t;
