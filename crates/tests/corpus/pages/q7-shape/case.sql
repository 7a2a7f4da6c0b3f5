CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT b.id, b.price, b.ts FROM bid b JOIN (SELECT MAX(price) AS m, window_end AS e FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end) w ON b.price = w.m WHERE b.ts BETWEEN w.e - INTERVAL '5' MINUTE AND w.e;
