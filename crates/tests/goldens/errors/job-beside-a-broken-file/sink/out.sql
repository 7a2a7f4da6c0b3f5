CREATE TABLE results (id INT, text STRING) WITH ('connector' = 'blackhole');
