SELECT MAP[1, 'x', 2, 'yy'] AS r;
