-- Values of unlike types under IS NOT DISTINCT FROM.
CREATE TABLE t (k STRING, v INT, b BIGINT) WITH ('connector' = 'datagen');
CREATE TABLE sink (k STRING, same BOOLEAN) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, v IS NOT DISTINCT FROM b FROM t WHERE v + 1 IS NOT DISTINCT FROM b;
