CREATE TABLE shp_log (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
CREATE VIEW shp AS SELECT id0, sid, cost, tag FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM shp_log) WHERE rn = 1;
SELECT q3.c0 AS c0, COUNT(q3.c0) FILTER (WHERE q3.c0 <= q3.c0) AS c1 FROM (SELECT COUNT(q2.sid) AS c0 FROM (SELECT sid, cost, tag FROM shp) AS q2) AS q3 GROUP BY q3.c0;
