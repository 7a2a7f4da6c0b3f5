-- Refused by Flink.
SELECT NULL;
