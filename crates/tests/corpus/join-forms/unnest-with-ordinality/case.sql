CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT id, x, n FROM ord CROSS JOIN UNNEST(ARRAY[id, 1]) WITH ORDINALITY AS q(x, n);
