-- Refused by Flink.
SELECT
  INTERVAL '1' WEEK AS c0;
