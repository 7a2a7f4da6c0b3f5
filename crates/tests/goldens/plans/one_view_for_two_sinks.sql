CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'b', 'format' = 'json');
CREATE TABLE s (k STRING, v INT) WITH ('connector' = 'print');
CREATE TABLE s2 (k STRING, v INT) WITH ('connector' = 'print');
-- Two sinks read what one Deduplicate keeps.
CREATE VIEW firsts AS SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t) WHERE rn = 1;
INSERT INTO s SELECT k, v FROM firsts;
INSERT INTO s2 SELECT k, v FROM firsts WHERE v > 3;
