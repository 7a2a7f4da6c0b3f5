CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  pt AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id FROM bid ORDER BY pt;
