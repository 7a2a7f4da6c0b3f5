CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT a.w, a.n, b.s FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) a JOIN (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) b ON a.w = b.w;
