CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id AS key, id AS type, name AS source, name AS category, id AS name, id AS state, id AS status, id AS topic, id AS version, name AS data, name AS location, id AS week, id AS catalog, id AS final, id AS message, id AS level, id AS `user` FROM t;
