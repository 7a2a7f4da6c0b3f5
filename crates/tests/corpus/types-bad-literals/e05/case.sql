-- Refused by Flink.
SELECT
  1E400 AS c0;
