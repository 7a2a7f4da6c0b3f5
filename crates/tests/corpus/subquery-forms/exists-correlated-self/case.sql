CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
SELECT o1.id FROM ord o1, pay WHERE o1.amount = pay.paid AND o1.id < 10 AND pay.oid < 15 AND EXISTS (SELECT * FROM ord o2 WHERE o1.amount = o2.amount);
