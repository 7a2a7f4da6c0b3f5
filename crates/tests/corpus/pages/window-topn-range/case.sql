CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, rownum FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC, id) AS rownum FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '6' MINUTES))) WHERE rownum BETWEEN 2 AND 3;
