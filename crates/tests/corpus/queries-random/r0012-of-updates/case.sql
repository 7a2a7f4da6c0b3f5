CREATE TABLE shp_log (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
CREATE VIEW shp AS SELECT id0, sid, cost, tag FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM shp_log) WHERE rn = 1;
SELECT sid, cost, tag FROM shp;
