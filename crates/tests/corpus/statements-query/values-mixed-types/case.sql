SELECT a, TYPEOF(a) AS ta, b, TYPEOF(b) AS tb FROM (VALUES (1, 'x'), (12345678901, 'long')) AS v(a, b);
