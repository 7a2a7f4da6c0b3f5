CREATE TABLE c (k STRING, v INT, t STRING METADATA FROM 'value.source.table' VIRTUAL, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'kafka', 'topic' = 'c', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'properties.group.id' = 'g', 'format' = 'debezium-json');
CREATE TABLE by_key (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/x', 'table-name' = 's');
CREATE TABLE all_kinds (t STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'canal-json');
INSERT INTO by_key SELECT k, v FROM c;
INSERT INTO all_kinds SELECT t, COUNT(*) FROM c GROUP BY t;
