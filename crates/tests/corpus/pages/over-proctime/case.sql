CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  pt AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, COUNT(*) OVER (PARTITION BY item ORDER BY pt ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS n FROM bid;
