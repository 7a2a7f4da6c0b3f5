VALUES (1, 'a', 1.5), (2, 'bcd', 12.25), (CAST(NULL AS INT), 'e', NULL);
