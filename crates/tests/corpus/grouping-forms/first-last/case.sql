CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT note, FIRST_VALUE(amount) AS a, LAST_VALUE(amount) AS b FROM ord GROUP BY note;
