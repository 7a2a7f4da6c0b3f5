-- Refused by Flink.
SELECT
  INTERVAL '1-12' YEAR TO MONTH AS c0;
