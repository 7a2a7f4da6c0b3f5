-- Collections: element.
CREATE TABLE t (
  ae ARRAY<INT>,
  `one` ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ELEMENT(`one`) AS c0,
  ELEMENT(ae) AS c1
FROM t;
