-- An idempotency key belongs to the key that sent it; natural keys and those of changes belong to nobody. The three
-- never meet.
-- What an older program still writes is of the kind `older`, which no newer one reads.
alter table answer
    add column key_kind text collate "C" not null default 'older',
    add column key_id text collate "C" not null default '',
    drop constraint answer_pkey;

-- What was asked stands beside the answer to a natural key, and to no other.
update answer
set key_kind = case when tool in ('create_measurement_plan', 'update_metrics') then 'change' else 'natural' end
where body::json -> 'asked' is not null;

-- `name:key` of a caller: it stays with the one key that ever had the name (0013 put the id behind a second one), or
-- with the operator at the machine when none had. An answer that could be another's is left out; asked again, the
-- natural key finds the first answer.
update answer
set key_kind = 'idempotency', key_id = owned.key_id, settled_key = substr(answer.settled_key, length(owned.name) + 2)
from (
    select tool, settled_key, min(caller.key_id) as key_id, min(caller.name) as name
    from answer join (
        select id as key_id, case when name like '% ' || id then substr(name, 1, length(name) - length(id) - 1)
            else name end as name from api_key
        union all select '', 'local'
    ) caller on starts_with(settled_key, caller.name || ':')
    where key_kind = 'older'
    group by tool, settled_key having count(*) = 1
) owned
where answer.key_kind = 'older' and answer.tool = owned.tool and answer.settled_key = owned.settled_key;

delete from answer where key_kind = 'older';
alter table answer add primary key (tool, settled_key, key_kind, key_id);
