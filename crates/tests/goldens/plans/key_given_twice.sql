CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE s (k STRING, again STRING, n BIGINT, PRIMARY KEY (again) NOT ENFORCED) WITH ('connector' = 'blackhole');
-- The group's key tells rows apart in either place: there is no materializer, and no row before an update.
INSERT INTO s SELECT k, k AS again, COUNT(*) FROM t GROUP BY k;
