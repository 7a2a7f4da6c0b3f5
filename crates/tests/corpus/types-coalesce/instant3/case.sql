-- COALESCE of two types: instant3.
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(lt3, ts3) AS c0,
  COALESCE(lt3, ts9) AS c1,
  COALESCE(lt3, lt3) AS c2,
  COALESCE(lt3, NULL) AS c3
FROM t;
