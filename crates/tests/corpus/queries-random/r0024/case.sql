CREATE TABLE shp (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
SELECT (q3.c0 + 3) AS c0, CASE WHEN q3.c0 > 2 THEN q3.c0 ELSE 10 END AS c1, 'abc' AS c2 FROM (SELECT DISTINCT q2.sid AS c0 FROM (SELECT sid, cost, tag FROM shp) AS q2) AS q3 WHERE 'x' = 'x';
