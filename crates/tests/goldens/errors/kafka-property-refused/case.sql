CREATE TABLE clicks (id STRING) WITH (
    'connector' = 'kafka',
    'topic' = 'clicks',
    'properties.bootstrap.servers' = '127.0.0.1:9',
    'properties.interceptor.classes' = 'com.example.Decrypt',
    'format' = 'json'
);
SELECT id FROM clicks;
