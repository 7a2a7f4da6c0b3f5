CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  MD5(s) AS c1,
  SHA1(s) AS c2,
  SHA224(s) AS c3,
  SHA256(s) AS c4,
  SHA384(s) AS c5,
  SHA512(s) AS c6,
  SHA2(s, 224) AS c7,
  SHA2(s, 256) AS c8,
  SHA2(s, 384) AS c9,
  SHA2(s, 512) AS c10,
  MD5(u) AS c11,
  MD5('') AS c12
FROM t;
