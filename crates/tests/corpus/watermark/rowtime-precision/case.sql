-- A rowtime attribute has precision 3, whatever its table declares.
CREATE TABLE seconds (id INT, k STRING, ts TIMESTAMP(0), other TIMESTAMP(1), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL'
);
CREATE TABLE hundredths (
  id INT, k STRING, ts TIMESTAMP(2), before AS CAST(ts AS STRING), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL'
);
SELECT
  s.id, h.id AS hid, CAST(s.ts AS STRING) AS seconds, CAST(h.ts AS STRING) AS hundredths, h.before,
  TYPEOF(s.ts) AS seconds_type, TYPEOF(h.ts + INTERVAL '1' SECOND) AS hundredths_type, TYPEOF(s.other) AS other_type,
  CAST(s.ts AS TIMESTAMP(0)) AS cut, COALESCE(h.ts, TIMESTAMP '2020-01-01 00:00:00') AS coalesced
FROM seconds s JOIN hundredths h ON s.k = h.k AND s.ts BETWEEN h.ts - INTERVAL '5' SECOND AND h.ts + INTERVAL '5' SECOND;
