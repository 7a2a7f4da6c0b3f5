INSERT INTO results SELEC id, url FROM clicks;
INSERT INTO results SELECT url, id FROM clicks;
