CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SET 'parallelism.default' = '2';
SET 'pipeline.object-reuse' = 'true';
SET 'table.optimizer.join-reorder-enabled' = 'true';
SET 'table.exec.state.ttl' = '1 h';
SET 'table.exec.source.idle-timeout' = '5 s';
SET 'execution.runtime-mode' = 'STREAMING';
SELECT id FROM t WHERE id = 1;
