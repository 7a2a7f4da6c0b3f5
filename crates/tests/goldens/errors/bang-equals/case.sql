SELECT 'http://x' AS a // don't count; this
, 1 != 2;
