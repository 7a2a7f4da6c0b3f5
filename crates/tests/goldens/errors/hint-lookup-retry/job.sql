CREATE TABLE c (user_id STRING, n INT, p AS PROCTIME()) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE u (id STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 'u');
CREATE TABLE s (a INT) WITH ('connector' = 'print');
INSERT INTO s
SELECT /*+ LOOKUP('table'='x', 'retry-predicate'='lookup_miss', 'retry-strategy'='fixed_delay', 'fixed-delay'='10s', 'max-attempts'='3') */ c.n
FROM c JOIN u /*+ OPTIONS('lookup.max-retries'='7') */ FOR SYSTEM_TIME AS OF c.p AS x ON x.id = c.user_id;
