CREATE TABLE a (x INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE b (x INT) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT x FROM a;
