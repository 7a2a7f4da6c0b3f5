-- Refused by Flink.
SELECT
  INTERVAL '100' DAY AS c0;
