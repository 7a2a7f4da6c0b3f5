CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE d (k STRING, name STRING, n INT, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:5432/x', 'table-name' = 'd', 'username' = 'me', 'password' = 'never shown');
CREATE TABLE s (k STRING, name STRING) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT t.k, d.name FROM t LEFT JOIN d FOR SYSTEM_TIME AS OF t.p ON t.k = d.k AND d.n > 3 AND d.n < t.v;
