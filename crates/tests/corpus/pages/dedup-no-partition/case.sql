CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY ts DESC) AS n FROM bid) WHERE n = 1;
