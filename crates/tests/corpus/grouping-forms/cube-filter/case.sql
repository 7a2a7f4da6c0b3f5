CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT id, COUNT(*) FILTER (WHERE amount > 3) AS c FROM ord GROUP BY CUBE (id);
