-- Literals: u.
SELECT
  U&'\0041\00e9' AS c0;
