SELECT q FROM (VALUES (1, 0), (2, 1), (6, 3), (5, CAST(NULL AS INT))) AS t(a, q) WHERE q <> 0 AND a / q > 1;
