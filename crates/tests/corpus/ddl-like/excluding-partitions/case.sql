CREATE TABLE base (a INT, k STRING) PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv');
CREATE TABLE n LIKE base (EXCLUDING PARTITIONS);
SELECT * FROM n;
