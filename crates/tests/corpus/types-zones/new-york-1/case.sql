-- Comparisons, floats and times in a zone with daylight saving: new-york.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  bo BOOLEAN,
  f FLOAT,
  d DOUBLE,
  i INT,
  b BIGINT,
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3),
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts3 = lt3 AS c0,
  CAST(ts3 AS TIMESTAMP_LTZ(3)) = lt3 AS c1,
  CASE WHEN bo THEN ts3 ELSE lt3 END AS c2,
  CASE WHEN bo THEN lt3 ELSE ts3 END AS c3,
  COALESCE(ts3, lt3) AS c4,
  COALESCE(lt3, ts3) AS c5,
  i = f AS c6,
  f = i AS c7,
  b = f AS c8,
  f = d AS c9,
  d = f AS c10,
  b = d AS c11,
  CAST(f AS DECIMAL(20,2)) = d AS c12,
  f <> d AS c13,
  d + f AS c14,
  d = CAST('NaN' AS DOUBLE) AS c15,
  CAST('NaN' AS DOUBLE) > d AS c16,
  CAST('NaN' AS DOUBLE) < d AS c17,
  CAST('-0.0' AS DOUBLE) = CAST('0.0' AS DOUBLE) AS c18,
  lt3 = s AS c19,
  ts3 = s AS c20,
  ts3 = '2024-02-29 12:34:56.789' AS c21,
  lt3 = '2024-02-29 12:34:56.789' AS c22,
  lt3 > '2024-02-29' AS c23,
  ts3 BETWEEN '2024-01-01' AND '2025-01-01 00:00:00' AS c24
FROM t;
