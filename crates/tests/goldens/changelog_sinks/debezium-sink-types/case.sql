CREATE TABLE t (id INT, r ROW<a INT, b ARRAY<STRING>>, m MAP<STRING, INT>, b BYTES, f DOUBLE, g BOOLEAN, p DECIMAL(10, 2), ts TIMESTAMP(6), z TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
CREATE TABLE s (id INT, r ROW<a INT, b ARRAY<STRING>>, m MAP<STRING, INT>, b BYTES, f DOUBLE, g BOOLEAN, p DECIMAL(10, 2), ts TIMESTAMP(6), z TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'debezium-json', 'debezium-json.timestamp-format.standard' = 'ISO-8601', 'debezium-json.encode.decimal-as-plain-number' = 'true');
INSERT INTO s SELECT * FROM t;
CREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'csv.disable-quote-character' = 'true', 'csv.field-delimiter' = '|');
SELECT * FROM r;
