-- a * b: interval-month.
CREATE TABLE t (
  ti TINYINT,
  sm SMALLINT,
  i INT,
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  INTERVAL '1' MONTH * ti AS c0,
  INTERVAL '1' MONTH * sm AS c1,
  INTERVAL '1' MONTH * i AS c2,
  INTERVAL '1' MONTH * b AS c3
FROM t;
