CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY n DESC) AS rn FROM (SELECT item, supplier, COUNT(*) AS n FROM bid GROUP BY item, supplier)) WHERE rn <= 2;
