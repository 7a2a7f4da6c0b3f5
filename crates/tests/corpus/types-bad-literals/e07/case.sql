-- Refused by Flink.
SELECT
  DATE '2023-02-29' AS c0;
