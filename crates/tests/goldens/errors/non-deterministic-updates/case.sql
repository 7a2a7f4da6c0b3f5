CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'datagen');
CREATE TABLE d (k STRING, name STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 'd');
CREATE TABLE by_key (k STRING, n BIGINT, r DOUBLE, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 'by_key');
CREATE TABLE all_changes (k STRING, n BIGINT, r DOUBLE) WITH ('connector' = 'print');
CREATE TABLE names (k STRING, name STRING) WITH ('connector' = 'print');
SET 'table.optimizer.non-deterministic-update.strategy' = 'TRY_RESOLVE';
-- The key tells which row is meant.
INSERT INTO by_key SELECT k, COUNT(*), RAND() FROM t GROUP BY k;
-- Here the whole row does.
INSERT INTO all_changes SELECT k, COUNT(*), RAND() FROM t GROUP BY k;
INSERT INTO all_changes SELECT k, COUNT(*), MAX(v * RAND()) FROM t GROUP BY k;
-- What was looked up is kept; what is computed of it with another value each time cannot be.
INSERT INTO names SELECT g.k, d.name FROM (SELECT k, COUNT(*) AS n, PROCTIME() AS pt FROM t GROUP BY k) AS g
JOIN d FOR SYSTEM_TIME AS OF g.pt AS d ON g.k = d.k;
INSERT INTO names SELECT g.k, d.name || UUID() FROM (SELECT k, COUNT(*) AS n, PROCTIME() AS pt FROM t GROUP BY k) AS g
JOIN d FOR SYSTEM_TIME AS OF g.pt AS d ON g.k = d.k;
INSERT INTO all_changes SELECT k, COUNT(*), 0E0 FROM t GROUP BY k HAVING k > UUID();
