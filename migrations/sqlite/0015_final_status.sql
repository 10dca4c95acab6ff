-- The status at the last checkpoint stands: final_due is when that checkpoint is, final_at the first evaluation at or
-- after it, and final_status what that evaluation said. Both are kept once they are known.
alter table standing add column final_due text;
alter table standing add column final_at text;
update standing set final_due = (
    select substr(json_extract(p.body, '$.checkpoints[#-1].scheduledDate'), 1, 19) || '.000Z'
    from plan p where p.id = standing.plan_id);
update standing set final_at = (
    select min(e.at) from evaluation e where e.plan_id = standing.plan_id and e.at >= standing.final_due);
update standing set final_status = (
    select json_extract(e.body, '$.progress.currentStatus')
    from evaluation e where e.plan_id = standing.plan_id and e.at = standing.final_at);
-- After the outcome nothing is judged, foreseen or due. What was documented before an evaluation came has the last one.
update standing set final_status = status, final_at = evaluated_at
where final_at is null and exists (
    select 1 from outcome o where o.plan_id = standing.plan_id and o.documented_at >= standing.final_due);
update standing set forecast = null, next_checkpoint_day = null, next_checkpoint_at = null,
    checkpoint_place = '9999-12-31T00:00:00.000Z'
where outcome is not null;

-- Where a rehearsal (tick --at) stands: one that was stopped half-way goes on from there.
create table rehearsal (
    id integer primary key not null,
    at text not null
) strict;
