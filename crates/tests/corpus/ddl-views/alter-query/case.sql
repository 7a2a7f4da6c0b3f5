CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW v AS SELECT id FROM t;
ALTER VIEW v AS SELECT name FROM t;
SELECT * FROM v;
