CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'ogg-json');
CREATE TABLE u (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
SELECT id, name FROM t UNION ALL SELECT id, name FROM u;
