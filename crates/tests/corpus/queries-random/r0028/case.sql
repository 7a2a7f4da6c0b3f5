CREATE TABLE shp (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
SELECT 'm' AS c0, MOD(q3.c0, 3) AS c1, q3.c0 AS c2 FROM (SELECT q2.sid AS c0, MIN(MOD(q2.cost, 3)) AS c1 FROM (SELECT sid, cost, tag FROM shp) AS q2 GROUP BY ROLLUP (q2.sid) HAVING COUNT(*) > 1) AS q3 WHERE q3.c0 < q3.c0;
