-- Texts read by patterns.
CREATE TABLE t (
  dt DATE, tm TIME, ts0 TIMESTAMP(0), ts3 TIMESTAMP(3), ts6 TIMESTAMP(6), ts9 TIMESTAMP(9), lt3 TIMESTAMP_LTZ(3), lt6 TIMESTAMP_LTZ(6), s STRING, i INT, b BIGINT, bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TO_TIMESTAMP('2024-02-03T12:05:06Z', 'yyyy-MM-dd''T''HH:mm:ss''Z''') AS c0,
  TO_TIMESTAMP('03 Feb 2024 12:05:06 PM', 'dd MMM yyyy hh:mm:ss a') AS c1,
  UNIX_TIMESTAMP('03 Feb 2024 12:05:06 PM', 'dd MMM yyyy hh:mm:ss a') AS c2,
  UNIX_TIMESTAMP('2024-13-45', 'yyyy-MM-dd') AS c3,
  TO_DATE('2024-13-45', 'yyyy-MM-dd') AS c4,
  TO_DATE('2023-06-31', 'yyyy-MM-dd') AS c5,
  TO_TIMESTAMP('2023-06-31', 'yyyy-MM-dd') AS c6,
  TO_TIMESTAMP('20240203', 'yyyyMMdd') AS c7
FROM t;
