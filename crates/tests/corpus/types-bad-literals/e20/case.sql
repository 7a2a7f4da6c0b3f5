-- Refused by Flink.
SELECT 0x1F AS c0;
