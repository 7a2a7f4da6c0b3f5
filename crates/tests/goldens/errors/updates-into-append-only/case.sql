CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'datagen');
CREATE TABLE counts (k STRING, n BIGINT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 'counts');
INSERT INTO counts SELECT UPPER(k), n FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) AS grouped WHERE n > 1;
INSERT INTO counts SELECT k, n FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) AS grouped;
INSERT INTO counts SELECT a.k, CAST(b.v AS BIGINT) FROM t AS a LEFT JOIN t AS b ON a.k = b.k;
