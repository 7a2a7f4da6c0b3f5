CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT item, TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE);
