-- An idempotency key belongs to the key that sent it; natural keys and those of changes belong to nobody. The three
-- never meet. Rows are appended: the answers, a kilobyte each, no longer lie in the order of their keys.
-- What an older program still writes is of the kind `older`, which no newer one reads.
create table answer_by_kind (
    tool text not null,
    key_kind text not null default 'older',
    key_id text not null default '',
    settled_key text not null,
    digest text not null,
    body text not null,
    at text not null,
    primary key (tool, settled_key, key_kind, key_id)
) strict;

-- What was asked stands beside the answer to a natural key, and to no other.
insert into answer_by_kind
select tool, case when tool in ('create_measurement_plan', 'update_metrics') then 'change' else 'natural' end, '',
    settled_key, digest, body, at
from answer where json_type(body, '$.asked') is not null;

-- `name:key` of a caller: it stays with the one key that ever had the name (0013 put the id behind a second one), or
-- with the operator at the machine when none had. An answer that could be another's is left out; asked again, the
-- natural key finds the first answer.
insert into answer_by_kind
select tool, 'idempotency', key_id, substr(settled_key, length(name) + 2), digest, body, at
from answer join (
    select id as key_id, case when name like '% ' || id then substr(name, 1, length(name) - length(id) - 1)
        else name end as name from api_key
    union all select '', 'local'
) caller on substr(settled_key, 1, length(name) + 1) = name || ':'
where json_type(body, '$.asked') is null
group by tool, settled_key having count(*) = 1;

drop table answer;
alter table answer_by_kind rename to answer;
