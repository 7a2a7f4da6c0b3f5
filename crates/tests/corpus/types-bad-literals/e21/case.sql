-- Refused by Flink.
SELECT CURRENT_DATE() IS NULL AS c0;
