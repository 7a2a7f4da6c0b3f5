CREATE TABLE clicks (
    id STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'clicks',
    'properties.bootstrap.servers' = '127.0.0.1:9',
    'properties.zookeeper.connect' = '127.0.0.1:2181',
    'properties.client.id.prefix' = 'shop',
    'properties.commit.offsets.on.checkpoint' = 'false',
    'properties.fetch.max.bytes' = '1024',
    'properties.fetch.max.byte' = '1048576',
    'properties.team' = 'checkout',
    'format' = 'json'
);
CREATE TABLE again WITH ('topic' = 'other') LIKE clicks;
CREATE TABLE seen (id STRING) WITH ('connector' = 'blackhole');
INSERT INTO seen SELECT id FROM clicks UNION ALL SELECT id FROM again;
