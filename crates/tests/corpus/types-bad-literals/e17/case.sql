-- Refused by Flink.
SELECT
  INTERVAL '1' MILLISECOND AS c0;
