CREATE TABLE o (id STRING, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'o.json', 'format' = 'json');
CREATE TABLE r (k STRING, rate INT, unused STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE TABLE s (id STRING, total INT, since TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT o.id, o.v * r.rate, r.ts FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.k = r.k AND UPPER(r.k) = UPPER(o.k) AND r.rate > o.v;
