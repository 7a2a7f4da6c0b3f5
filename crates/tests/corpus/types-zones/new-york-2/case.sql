-- Comparisons, floats and times in a zone with daylight saving: new-york.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  f FLOAT,
  d DOUBLE,
  i INT,
  b BIGINT,
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts3 IN ('2024-02-29 12:34:56.789', '2025-01-01') AS c0,
  CAST(lt3 AS STRING) AS c1,
  CAST(lt3 AS DATE) AS c2,
  CAST(CAST(lt3 AS DATE) AS TIMESTAMP_LTZ(3)) AS c3,
  CAST(f AS STRING) AS c4,
  CAST(d AS STRING) AS c5,
  CAST(CAST(b AS FLOAT) AS STRING) AS c6,
  CAST(CAST(b AS DOUBLE) AS STRING) AS c7,
  f * 1.1 AS c8,
  i * 2 AS c9,
  i / 2 AS c10,
  i / 2.0 AS c11,
  b % 7 AS c12,
  -i AS c13,
  -b AS c14,
  CAST(f AS DECIMAL(10,3)) AS c15,
  CAST(d AS DECIMAL(30,10)) AS c16
FROM t;
