SELECT LPAD('abc', -1, 'x') AS a;
