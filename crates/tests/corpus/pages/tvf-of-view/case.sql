CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
CREATE VIEW v AS SELECT item, price, ts FROM bid WHERE price IS NOT NULL;
SELECT window_start, window_end, item, AVG(price) AS a FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end, item;
