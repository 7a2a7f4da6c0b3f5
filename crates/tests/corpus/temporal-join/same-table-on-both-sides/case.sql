CREATE TABLE rates (k STRING, c STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
SELECT o.k, o.rate, o.ts, r.rate AS x, r.ts AS rts FROM rates AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;
