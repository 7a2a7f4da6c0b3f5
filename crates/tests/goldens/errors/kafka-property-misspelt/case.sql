CREATE TABLE clicks (id STRING) WITH (
    'connector' = 'kafka',
    'topic' = 'clicks',
    'properties.bootstrap.server' = '127.0.0.1:9',
    'format' = 'json'
);
SELECT id FROM clicks;
