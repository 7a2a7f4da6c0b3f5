SELECT x.qualify, sort, top, settings, format FROM (VALUES (1, 2, 3, 4, 5)) AS x(qualify, sort, top, settings, format);
