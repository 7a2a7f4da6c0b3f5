CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT b.id, w.m FROM bid b JOIN (SELECT window_start, window_end, item, MAX(price) AS m FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end, item) w ON b.price = w.m AND b.item = w.item AND b.ts >= w.window_start AND b.ts < w.window_end;
