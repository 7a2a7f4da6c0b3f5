CREATE TABLE t (l STRING) WITH ('connector' = 'filesystem', 'path' = 't.txt', 'format' = 'json');
SELECT * FROM t /*+ OPTIONS('format' = 'csv', 'csv.field-delimiter' = '|') */;
