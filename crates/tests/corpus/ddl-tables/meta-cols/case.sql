CREATE TABLE t (id INT, f STRING NOT NULL METADATA FROM 'file.name' VIRTUAL, `file.size` BIGINT METADATA VIRTUAL) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, f, `file.size` FROM t;
