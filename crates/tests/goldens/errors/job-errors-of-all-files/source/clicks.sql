CREATE TABLE clicks (n INT, n INT) WITH ('connector' = 'print');
