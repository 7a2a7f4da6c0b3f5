CREATE TABLE n (id INT) WITH ('connector' = 'filesystm', 'path' = 't.json', 'format' = 'json');
SELECT * FROM n;
