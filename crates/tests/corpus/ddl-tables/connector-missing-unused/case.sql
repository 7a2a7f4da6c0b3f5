CREATE TABLE n (id INT) WITH ('format' = 'json');
SELECT 1 AS done;
