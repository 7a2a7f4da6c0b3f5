CREATE TABLE s (n INT, s STRING) WITH ('connector' = 'blackhole');
INSERT INTO s VALUES (1, 'a'), (2, 'b');
