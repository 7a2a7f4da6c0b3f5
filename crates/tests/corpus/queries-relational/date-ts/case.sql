CREATE TABLE t (id INT, a DATE, b TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, a < b AS e FROM t;
