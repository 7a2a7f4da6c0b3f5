CREATE TABLE t (id INT, name STRING, w DECIMAL(6, 2), d DATE, ts TIMESTAMP(3), ok BOOLEAN, f DOUBLE, tags ARRAY<STRING>, r ROW<a INT, b STRING>, m MAP<STRING, INT>) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'maxwell-json', 'maxwell-json.ignore-parse-errors' = 'true');
SELECT id, name, w, d, ts, ok, f, tags, r.a AS ra, r.b AS rb, m FROM t;
