CREATE TABLE t (
  id INT, s STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REGEXP_EXTRACT(s, '\p{InGreek}+') AS c1,
  REGEXP_EXTRACT(s, '\p{InCyrillic}') AS c2,
  REGEXP_EXTRACT(s, '\P{InBasicLatin}') AS c3,
  REGEXP_EXTRACT(s, '[\p{InGreek}&&[^α]]') AS c4,
  REGEXP_EXTRACT(s, '\p{blk=Latin-1 Supplement}') AS c5,
  REGEXP_EXTRACT(s, '\p{block=Number Forms}') AS c6,
  REGEXP_EXTRACT(s, '\p{InGeneral_Punctuation}') AS c7,
  REGEXP_EXTRACT(s, '\p{InNowhere}') AS c8,
  REGEXP_EXTRACT(s, '\Ga') AS c9,
  REGEXP_EXTRACT(s, '\Gb') AS c10,
  REGEXP_EXTRACT(s, 'e.?\b.') AS c11,
  REGEXP_EXTRACT(s, '\b.\B') AS c12,
  REGEXP_EXTRACT(s, '[^\W]\b') AS c13,
  REGEXP_EXTRACT(s, '(?<=\h).') AS c14,
  REGEXP_EXTRACT(s, '(?m)^ab$') AS c15,
  REGEXP_EXTRACT(s, '(?s)1.*') AS c16,
  REGEXP(s, '\Ga') AS c17,
  REGEXP_REPLACE(s, '\b', '|') AS c18,
  REGEXP_REPLACE(s, '\B', '|') AS c19,
  REGEXP_REPLACE(s, '\p{InGreek}', '.') AS c20
FROM t;
