CREATE TABLE shp (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
SELECT 'abc' AS c0, q3.c0 AS c1 FROM (SELECT COUNT(q2.cost) AS c0 FROM (SELECT sid, cost, tag FROM shp) AS q2) AS q3 WHERE NOT ((q3.c0 + 5) < q3.c0);
