CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
WITH a AS (WITH b AS (SELECT id FROM t) SELECT id * 10 AS id FROM b) SELECT z.id FROM a AS z(id);
