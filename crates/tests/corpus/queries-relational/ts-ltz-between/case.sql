CREATE TABLE t (id INT, a TIMESTAMP(3), b TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM t WHERE a BETWEEN b - INTERVAL '2' HOUR AND b + INTERVAL '10' HOUR;
