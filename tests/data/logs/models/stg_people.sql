select id, name, loaded_at from {{ ref('people') }}
