CREATE TABLE n (id INT) WITH ('connector' = 'print');
SELECT * FROM n;
