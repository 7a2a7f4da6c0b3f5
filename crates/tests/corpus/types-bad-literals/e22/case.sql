-- Refused by Flink.
SELECT CAST('99.995' AS DECIMAL(4, 2)) AS c0;
