CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT window_start, window_end, item, COUNT(DISTINCT supplier) AS n FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '6' MINUTES)) GROUP BY window_start, window_end, item HAVING COUNT(*) > 1;
