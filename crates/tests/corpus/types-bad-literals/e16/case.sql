-- Refused by Flink.
SELECT
  INTERVAL '1' QUARTER AS c0;
