CREATE TABLE t (id STRING, k STRING, v INT, p AS PROCTIME(), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE d (k STRING, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'd.json', 'format' = 'json');
SELECT t.id, d.name FROM t JOIN d FOR SYSTEM_TIME AS OF t.p ON t.k = d.k;
