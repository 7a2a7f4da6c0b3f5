CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (k STRING, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT t.id, r.x FROM t LEFT JOIN r FOR SYSTEM_TIME AS OF t.ts ON t.k = r.k AND (t.v IS NULL OR MOD(r.x, 3) <> t.v);
