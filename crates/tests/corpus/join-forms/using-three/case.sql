CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE TABLE shp (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
SELECT k, amount, paid, cost FROM (SELECT id AS k, amount FROM ord) AS a JOIN (SELECT oid AS k, paid FROM pay) AS b USING (k) JOIN (SELECT sid AS k, cost FROM shp) AS c USING (k);
