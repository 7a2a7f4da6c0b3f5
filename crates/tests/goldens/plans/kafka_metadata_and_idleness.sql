CREATE TABLE c (k STRING, v INT, ts TIMESTAMP(3), `offset` BIGINT METADATA VIRTUAL, double_v AS v * 2, WATERMARK FOR ts AS ts)
WITH ('connector' = 'kafka', 'topic' = 'c', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'properties.group.id' = 'g',
      'properties.ssl.truststore.password' = 'never shown', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset', 'scan.watermark.idle-timeout' = '30 s');
CREATE TABLE s (k STRING, v INT, o BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT k, double_v, `offset` FROM c;
