-- Refused by Flink.
SELECT
  INTERVAL '100' HOUR AS c0;
