SET 'table.exec.source.cdc-events-duplicate' = 'true';
CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3), PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'ogg-json');
SELECT * FROM t;
