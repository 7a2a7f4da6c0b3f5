-- Refused by Flink.
SELECT
  INTERVAL '100' YEAR AS c0;
