-- Literals: utf.
SELECT
  _UTF8'abc' AS c0,
  _UTF16'abc' AS c1;
