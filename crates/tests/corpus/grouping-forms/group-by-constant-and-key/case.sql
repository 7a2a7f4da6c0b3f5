CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT note, MAX(amount) AS m FROM (SELECT amount, note, TRUE AS f FROM ord) AS t GROUP BY note, f;
