CREATE TABLE t (id INT, a TIMESTAMP(3), b TIMESTAMP_LTZ(3), c DATE, d TIME) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json', 'debezium-json.timestamp-format.standard' = 'ISO-8601');
SELECT id, a, b, c, CAST(d AS STRING) AS d FROM t;
