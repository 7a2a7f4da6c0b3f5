SELECT user FROM (VALUES (1)) AS v(`user`);
