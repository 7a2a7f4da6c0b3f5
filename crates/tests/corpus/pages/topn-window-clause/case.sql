CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT * FROM (SELECT id, ROW_NUMBER() OVER w AS n FROM bid WINDOW w AS (PARTITION BY item ORDER BY price DESC)) WHERE n <= 2;
