CREATE TABLE t (ai ARRAY<INT>, ai2 ARRAY<INT>, ab ARRAY<BIGINT>, tx ARRAY<STRING>, ad ARRAY<DOUBLE>, adec ARRAY<DECIMAL(6,2)>, abool ARRAY<BOOLEAN>, adate ARRAY<DATE>, ats ARRAY<TIMESTAMP(3)>, aa ARRAY<ARRAY<INT>>, ar ARRAY<ROW<a INT, b STRING>>, mi MAP<STRING, INT>, ms MAP<STRING, STRING>, ma MAP<STRING, ARRAY<INT>>, mr MAP<STRING, ROW<a INT, b STRING>>, r ROW<a INT, b STRING>, r2 ROW<x ROW<a INT, b STRING>, y ARRAY<INT>>, i INT, s STRING, l BIGINT, d DOUBLE, dt DATE, ts TIMESTAMP(3), `dec` DECIMAL(6,2), b BOOLEAN, aby ARRAY<BYTES>) WITH ('connector'='filesystem','path'='t.json','format'='json');
SELECT ai < ai AS c0, ai <= ai AS c1, aa > aa AS c2, mi >= mi AS c3, r < r AS c4, r BETWEEN r AND r AS c5,
  (i, s) <> (1, 'a') AS c6, (i, s) <> (CAST(NULL AS INT), 'a') AS c7, ROW(i, s) <> ROW(l, s) AS c8, (i, s) = (1, 'a') AS c9,
  NULLIF(r, r2.x) AS c10, NULLIF(r, ROW(1, 'x')) AS c11, NULLIF(mi, mi) AS c12, r[1] AS c13, r[2] AS c14, r2[1][1] AS c15, ar[1][2] AS c16,
  ROW(1, 2)[2] AS c17, TYPEOF(r[1]) AS c18, TYPEOF(ELEMENT(ARRAY[1])) AS c19, TYPEOF(ELEMENT(ARRAY[i])) AS c20,
  TYPEOF(ELEMENT(ARRAY[ARRAY['a']])) AS c21, (i, s) IN ((1, NULL)) AS c22, (1, NULL) IS NULL AS c23
FROM t;
