CREATE TABLE a (id STRING, v INT) WITH ('connector' = 'filesystem', 'path' = 'a.json', 'format' = 'json');
CREATE TABLE b (k STRING, w INT) WITH ('connector' = 'filesystem', 'path' = 'b.json', 'format' = 'json');
SELECT id, v FROM a UNION ALL SELECT k, w + 1 FROM b UNION ALL SELECT 'const', v FROM a WHERE v > 1;
