CREATE TABLE t (id INT, a TIMESTAMP(3), b TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, a >= b AS e FROM t;
