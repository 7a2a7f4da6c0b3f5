CREATE CATALOG c WITH ('type' = 'generic_in_memory');
CREATE TABLE c.`default`.n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
USE CATALOG c;
SELECT id FROM n;
USE CATALOG default_catalog;
SELECT id FROM c.`default`.n;
