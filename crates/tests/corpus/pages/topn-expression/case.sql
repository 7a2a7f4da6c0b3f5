CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY CHAR_LENGTH(item) ORDER BY MOD(price, 4), id) AS n FROM bid) WHERE n BETWEEN 2 AND 3;
