SELECT key, type, source, category, state, level, v.name FROM (VALUES (1, 2, 3, 4, 5, 6, 7)) AS v(key, type, source, category, state, level, name) WHERE key = 1 AND type = 2;
