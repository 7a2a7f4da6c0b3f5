-- Literals: intervalday.
SELECT
  INTERVAL 1 DAY AS c0;
