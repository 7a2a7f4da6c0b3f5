CREATE TABLE t (id INT, e ROW<k STRING, made TIMESTAMP(3)>, ts AS e.made, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT t.e.k, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY t.e.k, window_start, window_end;
