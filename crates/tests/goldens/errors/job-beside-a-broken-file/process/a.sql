CREATE VIEW named AS SELECT id, name FROM users;
INSERT INTO results SELECT id, link FROM clicks;
INSERT INTO results SELECT id, name FROM named;
INSERT INTO results SELECT id, shout(url) FROM clicks;
INSERT INTO results SELECT id, CAST(id AS STRING) FROM visits;
INSERT INTO results SELECT id FROM clikcs;
