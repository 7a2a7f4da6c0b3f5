CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'username' = 'u', 'password' = 'geheim', 'tabel-name' = 'x');
SELECT * FROM t;
CREATE TABLE u (a INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://h/d?user=u&password=geheim', 'tabel-name' = 'x');
SELECT * FROM u;
CREATE TABLE v (a INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://u:geheim@h:5432/d', 'tabel-name' = 'x');
SELECT * FROM v;
SELECT * FROM t /*+ OPTIONS('password' = 'geheim', 'driverr' = 'x') */;
