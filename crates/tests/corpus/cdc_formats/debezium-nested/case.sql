CREATE TABLE t (id INT, r ROW<a INT, b ARRAY<STRING>>, m MAP<STRING, INT>, b BYTES, f DOUBLE, g BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
SELECT id, r.a AS ra, r.b AS rb, m, b, f, g FROM t;
