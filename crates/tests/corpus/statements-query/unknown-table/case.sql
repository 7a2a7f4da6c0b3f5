SELECT 1 FROM nosuchtable;
