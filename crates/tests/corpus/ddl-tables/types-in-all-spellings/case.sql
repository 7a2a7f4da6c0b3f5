CREATE TABLE n (id INTEGER, name VARCHAR(2147483647), amount DEC(6, 2), ts TIMESTAMP(3) WITHOUT TIME ZONE, a NUMERIC, b CHARACTER(2), c DOUBLE PRECISION, d TIMESTAMP(3) WITH LOCAL TIME ZONE, e INT ARRAY) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, name, amount, ts, TYPEOF(a) AS a, TYPEOF(b) AS b, TYPEOF(c) AS c, TYPEOF(d) AS d, TYPEOF(e) AS e FROM n;
