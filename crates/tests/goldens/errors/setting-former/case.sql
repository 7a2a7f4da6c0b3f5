SET 'table.planner' = 'blink';
SET 'execution.time-characteristic' = 'event-time';
SET 'execution.checkpointing.prefer-checkpoint-for-recovery' = 'true';
SET 'table.exec.state.ttl' = '1 d';
SELECT 1 AS a;
