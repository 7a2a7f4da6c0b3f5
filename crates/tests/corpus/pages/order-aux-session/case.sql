CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT item, SESSION_START(ts, INTERVAL '1' MINUTE) AS a, COUNT(*) AS n FROM bid GROUP BY item, SESSION(ts, INTERVAL '1' MINUTE) ORDER BY SESSION_ROWTIME(ts, INTERVAL '1' MINUTE), item;
