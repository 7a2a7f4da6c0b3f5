CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  pt AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT COUNT(*) AS n FROM (SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(pt), INTERVAL '5' DAY)) GROUP BY window_start, window_end);
