CREATE TABLE {{ name }} (n INT) WITH ('connector' = 'print');
