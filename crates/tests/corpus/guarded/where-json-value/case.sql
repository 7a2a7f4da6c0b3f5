CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
-- A watermark after every row: each row is evaluated on its own.
CREATE TABLE w (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id FROM g WHERE j IS JSON OBJECT AND JSON_EXISTS(j, 'lax $.v') AND JSON_VALUE(j, 'strict $.v' RETURNING STRING ERROR ON EMPTY ERROR ON ERROR) <> '1'
UNION ALL
SELECT id + 100 FROM w WHERE j IS JSON OBJECT AND JSON_EXISTS(j, 'lax $.v') AND JSON_VALUE(j, 'strict $.v' RETURNING STRING ERROR ON EMPTY ERROR ON ERROR) <> '1';
