SELECT ARRAY[1, 2.5, 3] AS r, ARRAY['a','bcd'] AS q, ARRAY[1, NULL] AS z;
