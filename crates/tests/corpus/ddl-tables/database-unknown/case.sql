CREATE TABLE nosuch.n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT 1;
