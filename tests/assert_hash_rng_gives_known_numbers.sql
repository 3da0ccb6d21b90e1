-- The numbers that all simulations rest on, checked against values computed apart from this project.
-- If one changes, every published simulation would come out differently.
with draws as (

    select
        {{ hash_rng(42, "'EMP_000001'", 2025, 'termination') }} as draw,
        cast(0.5732818981908636 as double) as expected

    union all

    select
        {{ hash_rng(42, "'EMP_000002'", 2026, 'promotion') }} as draw,
        cast(0.6587293955830646 as double) as expected

    union all

    select
        {{ hash_rng(7, "'NH_2025_000001'", 2025, 'hire_level') }} as draw,
        cast(0.33458353756383974 as double) as expected

)

select *
from draws
where draw <> expected
    or draw < 0
    or draw >= 1
