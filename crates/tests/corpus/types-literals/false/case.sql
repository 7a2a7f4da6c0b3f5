-- Literals: false.
SELECT
  FALSE AS c0;
