SELECT MAP['a', 1, 'a', 2] AS r;
