CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT COUNT(*) AS n FROM (SELECT TUMBLE_END(ts, INTERVAL '5' MINUTE) AS e FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE));
