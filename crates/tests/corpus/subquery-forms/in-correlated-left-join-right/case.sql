CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE TABLE shp (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
SELECT note FROM ord WHERE amount IN (SELECT oid FROM pay LEFT JOIN (SELECT cost FROM shp WHERE ord.note = shp.tag AND sid > 1) AS t2 ON pay.paid = t2.cost);
