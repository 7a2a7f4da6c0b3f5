SELECT 1 AS user;
