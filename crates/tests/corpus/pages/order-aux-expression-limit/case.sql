CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT item, COUNT(*) AS n FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY COUNT(*) DESC, TUMBLE_END(ts, INTERVAL '5' MINUTE), item LIMIT 3;
