CREATE DATABASE IF NOT EXISTS d COMMENT 'x' WITH ('a' = 'b');
CREATE TABLE d.n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
USE d;
CREATE TABLE m (name STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT n.id FROM n WHERE id = 1;
USE default_database;
SELECT x.name FROM d.m AS x WHERE name = 'ann';
