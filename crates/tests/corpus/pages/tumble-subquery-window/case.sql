CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT x.e, x.n FROM (SELECT TUMBLE_END(ts, INTERVAL '5' MINUTE) AS e, COUNT(*) AS n FROM bid WHERE price > 1 GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) x WHERE x.n > 2;
