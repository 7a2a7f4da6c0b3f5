CREATE TABLE s (m MAP<STRING, INT>) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'debezium-json', 'debezium-json.map-null-key.mode' = 'LITERAL', 'debezium-json.map-null-key.literal' = 'none');
INSERT INTO s VALUES (MAP[CAST(NULL AS STRING), 1]);
CREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'csv.disable-quote-character' = 'true', 'csv.field-delimiter' = '|');
SELECT * FROM r;
