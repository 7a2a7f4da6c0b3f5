-- case append_lookup
INSERT INTO res SELECT t.k, d.name, CAST(t.v AS BIGINT) FROM t JOIN d FOR SYSTEM_TIME AS OF t.pt ON t.k = d.k
-- case upsert_lookup_key
INSERT INTO by_k SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case upsert_lookup_whole_row
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case upsert_left_lookup_whole_row
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p LEFT JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case lookup_without_primary_key
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN dn FOR SYSTEM_TIME AS OF p.pt AS d ON p.k = d.k
-- case lookup_without_primary_key_by_k
INSERT INTO by_k SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN dn FOR SYSTEM_TIME AS OF p.pt AS d ON p.k = d.k
-- case lookup_by_name
INSERT INTO by_name SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case lookup_other_column
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.x = d.k
-- case lookup_only_left_columns
INSERT INTO res SELECT p.k, p.x, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case lookup_key_only
INSERT INTO res SELECT d.k, p.x, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case aggregate_then_lookup
INSERT INTO res SELECT g.k, d.name, g.n FROM (SELECT k, COUNT(*) AS n, PROCTIME() AS pt FROM t GROUP BY k) AS g JOIN d FOR SYSTEM_TIME AS OF g.pt ON g.k = d.k
-- case lookup_then_aggregate
INSERT INTO names SELECT d.name, COUNT(*) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k GROUP BY d.name
-- case lookup_then_aggregate_keyed
INSERT INTO names_by SELECT d.name, COUNT(*) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k GROUP BY d.name
-- case two_lookups
INSERT INTO res SELECT p.k, e.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k JOIN d FOR SYSTEM_TIME AS OF p.pt AS e ON d.name = e.k
-- case lookup_with_condition
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k AND d.age > p.v
-- case lookup_with_random_condition
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k AND d.age > p.v * RAND()
-- case lookup_then_random
INSERT INTO res SELECT p.k, d.name, CAST(p.v * RAND() AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case lookup_then_filter
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k WHERE d.age > 3
-- case lookup_then_filter_by_k
INSERT INTO by_k SELECT p.k, p.x, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k WHERE d.age > 3
-- case joined_with_lookup
INSERT INTO res SELECT p.k, d.name, CAST(q.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k JOIN pa AS q ON d.name = q.x
-- case condition_random
INSERT INTO res SELECT k, x, CAST(v AS BIGINT) FROM pa WHERE v > RAND()
-- case condition_random_by_k
INSERT INTO by_k SELECT k, x, CAST(v AS BIGINT) FROM pa WHERE v > RAND()
-- case random_value_by_k
INSERT INTO by_k SELECT k, x, CAST(v * RAND() AS BIGINT) FROM pa
-- case random_value
INSERT INTO res SELECT k, x, CAST(v * RAND() AS BIGINT) FROM pa
-- case now_key
INSERT INTO by_k SELECT CAST(CURRENT_TIMESTAMP AS STRING), x, CAST(v AS BIGINT) FROM pa
-- case aggregate_by_now
INSERT INTO names SELECT DATE_FORMAT(CURRENT_TIMESTAMP, 'yyMMdd'), COUNT(*) FROM pa GROUP BY DATE_FORMAT(CURRENT_TIMESTAMP, 'yyMMdd')
-- case aggregate_append_by_now
INSERT INTO names SELECT DATE_FORMAT(CURRENT_TIMESTAMP, 'yyMMdd'), COUNT(*) FROM t GROUP BY DATE_FORMAT(CURRENT_TIMESTAMP, 'yyMMdd')
-- case join_random_condition
INSERT INTO res SELECT p.k, q.x, CAST(q.v AS BIGINT) FROM pa AS p JOIN pa AS q ON p.k = q.x AND p.v > q.v * RAND()
-- case left_join_random_condition_append
INSERT INTO res SELECT p.k, q.x, CAST(q.v AS BIGINT) FROM t AS p LEFT JOIN t AS q ON p.k = q.x AND p.v > q.v * RAND()
-- case join_random_condition_append
INSERT INTO res SELECT p.k, q.x, CAST(q.v AS BIGINT) FROM t AS p JOIN t AS q ON p.k = q.x AND p.v > q.v * RAND()
-- case topn_random
INSERT INTO res SELECT k, x, CAST(v AS BIGINT) FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY x ORDER BY v) AS n FROM (SELECT k, x, v * RAND() AS v FROM pa)) WHERE n <= 2
-- case topn_update_fast
INSERT INTO res SELECT k, x, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC) AS r FROM (SELECT k, x, COUNT(*) AS n FROM t GROUP BY k, x)) WHERE r <= 2
-- case union_random
INSERT INTO res SELECT k, x, CAST(v * RAND() AS BIGINT) FROM pa UNION ALL SELECT k, x, CAST(v AS BIGINT) FROM t
-- case count_distinct_lookup
INSERT INTO names SELECT 'all', COUNT(DISTINCT d.name) FROM pa AS p LEFT JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case aggregate_random_result
INSERT INTO res SELECT k, x, MAX(CAST(v * RAND() AS BIGINT)) FROM t GROUP BY k, x
-- case deduplicated_lookup
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM (SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS n FROM t) WHERE n = 1) AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case lookup_left_condition
INSERT INTO res SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p LEFT JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k AND p.v > 3
-- case lookup_age_by_k
INSERT INTO by_k SELECT p.k, p.x, CAST(d.age AS BIGINT) FROM pa AS p LEFT JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.x = d.k WHERE p.v < d.age OR d.age IS NULL
-- case lookup_by_other_column_by_k
INSERT INTO by_k SELECT p.k, d.name, CAST(d.age AS BIGINT) FROM pa AS p LEFT JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.x = d.name
-- case lookup_computed
INSERT INTO res SELECT p.k, UPPER(d.name), d.age + p.v FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
-- case proctime_value
INSERT INTO res SELECT k, CAST(pt AS STRING), CAST(v AS BIGINT) FROM pa
-- case proctime_value_by_k
INSERT INTO by_k SELECT k, CAST(pt AS STRING), CAST(v AS BIGINT) FROM pa
-- case aggregate_ignores_random
INSERT INTO names SELECT x, COUNT(*) FROM (SELECT k, x, RAND() AS r FROM pa) GROUP BY x
-- case aggregate_of_random
INSERT INTO names SELECT x, CAST(SUM(r) AS BIGINT) FROM (SELECT k, x, RAND() AS r FROM pa) GROUP BY x
-- case limit_random
INSERT INTO res SELECT k, x, CAST(r AS BIGINT) FROM (SELECT k, x, RAND() * 10 AS r FROM pa) LIMIT 3
-- case unnest_random
INSERT INTO res SELECT p.k, u.w, CAST(p.v AS BIGINT) FROM pa AS p CROSS JOIN UNNEST(ARRAY[UUID(), p.x]) AS u(w)
-- case unnest
INSERT INTO res SELECT p.k, u.w, CAST(p.v AS BIGINT) FROM pa AS p CROSS JOIN UNNEST(ARRAY[p.x, 'a']) AS u(w)
-- case lookup_twice_same_row
INSERT INTO res SELECT p.k, CONCAT(d.name, e.name), CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k LEFT JOIN d FOR SYSTEM_TIME AS OF p.pt AS e ON p.x = e.k
-- case semi_random
INSERT INTO res SELECT k, x, CAST(v AS BIGINT) FROM pa WHERE x IN (SELECT name FROM (SELECT CAST(RAND() AS STRING) AS name FROM t))
-- case left_join_random_column
INSERT INTO res SELECT p.k, q.r, CAST(p.v AS BIGINT) FROM pa AS p LEFT JOIN (SELECT k, CAST(RAND() AS STRING) AS r FROM pa) AS q ON p.k = q.k
-- case left_join_random_column_by_k
INSERT INTO by_k SELECT p.k, q.r, CAST(p.v AS BIGINT) FROM pa AS p LEFT JOIN (SELECT k, CAST(RAND() AS STRING) AS r FROM pa) AS q ON p.k = q.k
-- case materialize_none_by_name
SET 'table.exec.sink.upsert-materialize' = 'NONE';
INSERT INTO by_name SELECT p.k, d.name, CAST(p.v AS BIGINT) FROM pa AS p JOIN d FOR SYSTEM_TIME AS OF p.pt ON p.k = d.k
