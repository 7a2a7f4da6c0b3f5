CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
WITH t1 AS (SELECT amount, COLLECT(note) AS s FROM ord GROUP BY amount) SELECT amount, w FROM t1, UNNEST(t1.s) AS A(w) WHERE amount < 5;
