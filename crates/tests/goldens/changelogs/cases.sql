-- case agg_print
INSERT INTO pr SELECT k, SUM(CAST(v AS BIGINT)) FROM a GROUP BY k
-- case agg_printk
INSERT INTO prk SELECT k, SUM(CAST(v AS BIGINT)) FROM a GROUP BY k
-- case agg_bh
INSERT INTO bh SELECT k, SUM(CAST(v AS BIGINT)) FROM a GROUP BY k
-- case agg_bhk
INSERT INTO bhk SELECT k, SUM(CAST(v AS BIGINT)) FROM a GROUP BY k
-- case agg_jdbc
INSERT INTO jk SELECT k, COUNT(*) FROM a GROUP BY k
-- case agg_jdbc_otherkey
INSERT INTO jv SELECT k, COUNT(*) FROM a GROUP BY k
-- case agg_jdbc_widerkey
INSERT INTO jkk SELECT k, k + 1, COUNT(*) FROM a GROUP BY k
-- case agg_jdbc_nokey
INSERT INTO j0 SELECT k, COUNT(*) FROM a GROUP BY k
-- case agg_upsertkafka
INSERT INTO uk SELECT k, COUNT(*) FROM a GROUP BY k
-- case agg_kafka
INSERT INTO kf SELECT k, COUNT(*) FROM a GROUP BY k
-- case agg_fs
INSERT INTO fs SELECT k, COUNT(*) FROM a GROUP BY k
-- case append_kafka
INSERT INTO kf SELECT k, CAST(v AS BIGINT) FROM a
-- case append_upsertkafka
INSERT INTO uk SELECT k, CAST(v AS BIGINT) FROM a
-- case append_jdbc
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM a
-- case having_jdbc
INSERT INTO jk SELECT k, COUNT(*) FROM a GROUP BY k HAVING COUNT(*) > 1
-- case agg_of_agg_jdbc
INSERT INTO jk SELECT CAST(c AS INT), COUNT(*) FROM (SELECT k, COUNT(*) AS c FROM a GROUP BY k) GROUP BY CAST(c AS INT)
-- case agg_of_agg_samekey
INSERT INTO jk SELECT k, SUM(c) FROM (SELECT k, v, COUNT(*) AS c FROM a GROUP BY k, v) GROUP BY k
-- case source_upsert_jdbc
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM pa
-- case source_upsert_filter_jdbc
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM pa WHERE v > 3
-- case source_upsert_agg_jdbc
INSERT INTO jk SELECT k, SUM(CAST(v AS BIGINT)) FROM pa GROUP BY k
-- case source_upsert_agg_max
INSERT INTO jk SELECT v, MAX(CAST(k AS BIGINT)) FROM pa GROUP BY v
-- case join_pk_pk_jdbc
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa JOIN pb ON pa.k = pb.k
-- case join_pk_pk_print
INSERT INTO pr SELECT pa.k, CAST(w AS BIGINT) FROM pa JOIN pb ON pa.k = pb.k
-- case leftjoin_pk_pk_jdbc
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa LEFT JOIN pb ON pa.k = pb.k
-- case fulljoin_pk_pk_bh
INSERT INTO bhk SELECT COALESCE(pa.k, pb.k), CAST(w AS BIGINT) FROM pa FULL JOIN pb ON pa.k = pb.k
-- case join_pk_append_jdbc
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa JOIN b ON pa.k = b.k
-- case join_nonkey_jdbc
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa JOIN pb ON pa.v = pb.w
-- case join_fk_jdbc
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa JOIN pb ON pa.v = pb.k
-- case leftjoin_fk_jdbc
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa LEFT JOIN pb ON pa.v = pb.k
-- case join_composite_jdbc
INSERT INTO jkk SELECT k1, k2, CAST(w AS BIGINT) FROM pc JOIN pb ON pc.k1 = pb.k
-- case join_composite_both_jdbc
INSERT INTO jkk SELECT p.k1, p.k2, CAST(q.x AS BIGINT) FROM pc p JOIN pc q ON p.k1 = q.k1 AND p.k2 = q.k2
-- case join_composite_extra_cond
INSERT INTO jkk SELECT p.k1, p.k2, CAST(q.x AS BIGINT) FROM pc p JOIN pc q ON p.k1 = q.k1 AND p.k2 = q.k2 AND p.x = q.x
-- case join_agg_agg_jdbc
INSERT INTO jk SELECT x.k, x.c + y.d FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x JOIN (SELECT k, SUM(CAST(w AS BIGINT)) d FROM b GROUP BY k) y ON x.k = y.k
-- case join_agg_append
INSERT INTO jk SELECT b.k, x.c FROM b JOIN (SELECT k, COUNT(*) c FROM a GROUP BY k) x ON x.k = b.k
-- case join_noequi
INSERT INTO jk SELECT pa.k, CAST(w AS BIGINT) FROM pa JOIN pb ON pa.k = pb.k AND pa.v > pb.w
-- case semi_pk
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM pa WHERE k IN (SELECT k FROM pb)
-- case semi_nonkey
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM pa WHERE v IN (SELECT w FROM pb)
-- case anti_pk
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM pa WHERE NOT EXISTS (SELECT 1 FROM pb WHERE pb.k = pa.k)
-- case join_then_agg
INSERT INTO jk SELECT pa.k, SUM(CAST(w AS BIGINT)) FROM pa JOIN pb ON pa.k = pb.k GROUP BY pa.k
-- case three_way
INSERT INTO jk SELECT pa.k, CAST(pb.w AS BIGINT) FROM pa JOIN pb ON pa.k = pb.k JOIN pc ON pc.k1 = pa.k AND pc.k2 = pa.k
-- case union_all_upserts
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM pa UNION ALL SELECT k, CAST(w AS BIGINT) FROM pb
-- case union_all_to_bh
INSERT INTO bh SELECT k, CAST(v AS BIGINT) FROM pa UNION ALL SELECT k, CAST(w AS BIGINT) FROM pb
-- case scalar_subquery
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM a WHERE v > (SELECT MAX(w) FROM b)
-- case dedup_first
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME()) rn FROM a) WHERE rn = 1
-- case topn
INSERT INTO jk SELECT k, CAST(v AS BIGINT) FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM a) WHERE rn <= 3
-- case topn_rank
INSERT INTO jkk SELECT k, CAST(rn AS INT), CAST(v AS BIGINT) FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM a) WHERE rn <= 3
-- case topn_of_agg
INSERT INTO jkk SELECT k, v, c FROM (SELECT k, v, c, ROW_NUMBER() OVER (PARTITION BY k ORDER BY c DESC) rn FROM (SELECT k, v, COUNT(*) c FROM a GROUP BY k, v)) WHERE rn <= 3
-- case project_away_key
INSERT INTO jk SELECT v, CAST(k AS BIGINT) FROM pa
-- case rename_expr_key
INSERT INTO jk SELECT k + 1, CAST(v AS BIGINT) FROM pa
-- case cast_key
INSERT INTO uk SELECT CAST(CAST(k AS BIGINT) AS INT), CAST(v AS BIGINT) FROM pa
-- case materialize_none
SET 'table.exec.sink.upsert-materialize' = 'NONE';
INSERT INTO jv SELECT k, COUNT(*) FROM a GROUP BY k
-- case materialize_force
SET 'table.exec.sink.upsert-materialize' = 'FORCE';
INSERT INTO jk SELECT k, COUNT(*) FROM a GROUP BY k
