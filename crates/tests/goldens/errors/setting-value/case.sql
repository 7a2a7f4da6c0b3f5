SET 'table.exec.sink.not-null-enforcer' = 'ignore';
SET 'execution.runtime-mode' = 'batch';
SET 'table.exec.state.ttl' = 'forever';
