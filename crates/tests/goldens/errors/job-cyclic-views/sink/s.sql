CREATE TABLE s (n INT) WITH ('connector' = 'print');
