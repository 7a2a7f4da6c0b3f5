CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE TABLE shp (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
SELECT id, oid FROM ord, pay WHERE ord.id = pay.oid AND EXISTS (SELECT * FROM shp t1 WHERE ord.amount = t1.cost AND t1.sid > 1) AND NOT (note >= 'b' AND EXISTS (SELECT * FROM shp t2 WHERE ord.id = t2.sid AND t2.cost < 100));
