SET 'table.exec.sink.not-null-enforcer' = 'DROP';
SELECT i, LPAD('abc', i, 'x') AS a FROM (VALUES (-1), (4)) AS t(i);
