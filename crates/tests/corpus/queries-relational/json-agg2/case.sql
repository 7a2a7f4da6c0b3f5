CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT JSON_OBJECTAGG(KEY CAST(id AS STRING) VALUE v ABSENT ON NULL) AS o, JSON_ARRAYAGG(k NULL ON NULL) AS a FROM t;
