SET 'table.exec.stat.ttl' = '1 d';
SELECT 1;
