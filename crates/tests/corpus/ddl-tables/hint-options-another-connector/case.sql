CREATE TABLE t (id INT) WITH ('connector' = 'datagen');
SELECT * FROM t /*+ OPTIONS('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json') */;
