CREATE DATABASE d;
CREATE TABLE d.n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
DROP DATABASE d CASCADE;
SELECT * FROM d.n;
