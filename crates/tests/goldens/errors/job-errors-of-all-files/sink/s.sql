CREATE TABLE s (n INTT) WITH ('connector' = 'print');
