CREATE TABLE t (id INT, a TIMESTAMP(3), b TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SET 'table.local-time-zone' = 'Europe/Berlin';
SELECT id, a = b AS e, b = a AS e2, a IS DISTINCT FROM b AS d FROM t;
