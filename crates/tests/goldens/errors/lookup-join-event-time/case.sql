CREATE TABLE clicks (user_id STRING, amount DECIMAL(6, 2), n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
CREATE TABLE u (id STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://h/d', 'table-name' = 'u');
SELECT c.n FROM clicks AS c JOIN u FOR SYSTEM_TIME AS OF c.ts AS u ON u.id = c.user_id;
