CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT note, STDDEV_SAMP(amount) AS a, STDDEV_POP(amount) AS b, VAR_POP(amount) AS c, VAR_SAMP(amount) AS d, VARIANCE(amount) AS e, STDDEV(amount) AS f FROM ord GROUP BY note;
