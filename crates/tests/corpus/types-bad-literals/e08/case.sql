-- Refused by Flink.
SELECT
  TIME '24:00:00' AS c0;
