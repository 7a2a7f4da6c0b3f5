SELECT (1,2) IN ((1,2),(3,4)) AS a;
