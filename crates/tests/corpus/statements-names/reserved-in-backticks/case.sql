SELECT `date`, `user`, x.`value` FROM (VALUES (1, 2, 3)) AS x(`date`, `user`, `value`);
