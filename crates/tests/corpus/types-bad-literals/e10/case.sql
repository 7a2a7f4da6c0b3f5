-- Refused by Flink.
SELECT
  TIMESTAMP '2024-02-30 00:00:00' AS c0;
