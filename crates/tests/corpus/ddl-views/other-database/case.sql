CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW v AS SELECT id FROM t;
CREATE DATABASE d;
USE d;
SELECT id FROM default_database.v;
