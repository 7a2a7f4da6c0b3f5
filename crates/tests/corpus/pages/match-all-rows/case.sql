CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES A.price AS p ALL ROWS PER MATCH PATTERN (A B) DEFINE B AS B.price > A.price);
