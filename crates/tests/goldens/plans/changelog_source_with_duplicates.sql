SET 'table.exec.source.cdc-events-duplicate' = 'true';
CREATE TABLE c (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'kafka', 'topic' = 'c', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'properties.group.id' = 'g', 'format' = 'ogg-json');
CREATE TABLE s (k STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO s SELECT k, COUNT(*) FROM c GROUP BY k;
