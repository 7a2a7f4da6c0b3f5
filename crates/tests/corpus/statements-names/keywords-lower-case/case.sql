CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
select id as i, upper(name) as n, Cast(amount as decimal(4,1)) as a from t where id between 1 and 2 and not id is null;
