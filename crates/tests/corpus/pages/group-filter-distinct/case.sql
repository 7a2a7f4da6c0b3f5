CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT item, COUNT(DISTINCT supplier) AS a, COUNT(DISTINCT supplier) FILTER (WHERE price > 3) AS b FROM bid GROUP BY item;
