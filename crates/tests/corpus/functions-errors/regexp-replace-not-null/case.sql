SELECT REGEXP_REPLACE('abc', '(', 'x');
