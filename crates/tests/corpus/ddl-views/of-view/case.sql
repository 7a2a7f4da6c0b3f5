CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW v AS SELECT id, name FROM t;
CREATE VIEW w AS SELECT id + 1 AS i FROM v;
SELECT x.i FROM w AS x WHERE x.i > 2;
