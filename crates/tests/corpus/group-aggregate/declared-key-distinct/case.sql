CREATE TABLE t (k STRING, v INT, x STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (k STRING, w INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
SELECT DISTINCT k FROM t;
