CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REGEXP_EXTRACT(s, '(?i)[a-c]+') AS c1,
  REGEXP_EXTRACT(s, '(?i)abc|DEF') AS c2,
  REGEXP_EXTRACT(s, '(?-i)ABC') AS c3,
  REGEXP_EXTRACT(s, '(?i)a(?-i)B') AS c4,
  REGEXP_EXTRACT(s, '(?i:a)B') AS c5,
  REGEXP_EXTRACT(s, '(?is)LINE1.line2') AS c6,
  REGEXP_EXTRACT(s, '(?m)^line\d$') AS c7,
  REGEXP_EXTRACT(s, '(?d)line1.') AS c8,
  REGEXP_EXTRACT(s, '(?x)a b c') AS c9,
  REGEXP_EXTRACT(s, '(?x)[a b]+ # comment') AS c10,
  REGEXP_EXTRACT(s, '(?iu)ö') AS c11,
  REGEXP_EXTRACT(s, '(?iu)[äö]+') AS c12
FROM t;
