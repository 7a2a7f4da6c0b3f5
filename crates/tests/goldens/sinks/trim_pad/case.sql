-- The columns themselves, not what they are made of.
SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD';
CREATE TABLE t (a CHAR(3), b VARCHAR(2), c BINARY(3), d VARBINARY(2), r ROW<x CHAR(3)>, l ARRAY<CHAR(3)>, e STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (a CHAR(3), b VARCHAR(2), c BINARY(3), d VARBINARY(2), r ROW<x CHAR(3)>, l ARRAY<CHAR(3)>, e STRING) WITH ('connector' = 'print');
INSERT INTO s SELECT * FROM t;
