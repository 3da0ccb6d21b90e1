{% snapshot snap %}
{{ config(unique_key='id', strategy='check', check_cols='all', target_schema='main') }}
[[snapshot]]select 1 as id from {{ ref('up') }}
{% endsnapshot %}
