CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
SELECT id, oid FROM ord, pay WHERE ord.id = pay.oid AND (pay.paid IN (SELECT paid FROM pay) OR ord.id >= 1);
