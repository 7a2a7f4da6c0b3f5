-- Refused by Flink.
SELECT
  TIME '12:34' AS c0;
