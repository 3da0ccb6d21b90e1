{# The strategy `microbatch`: the rows of one batch are replaced by those selected anew. The batch is the span
   of `event_time` that dbt puts into `model.batch`, in UTC. #}

{% macro duckdb__get_incremental_microbatch_sql(arg_dict) -%}
    {%- set event_time = config.get('event_time') -%}
    {%- if not event_time -%}
        {%- do exceptions.raise_compiler_error(
            "microbatch incremental strategy requires an 'event_time' model config"
        ) -%}
    {%- endif -%}

    {#- Rows are replaced by their time alone: a key would promise an upsert that does not happen. -#}
    {%- if config.get('unique_key') -%}
        {%- do exceptions.raise_compiler_error(
            "microbatch incremental strategy does not support 'unique_key'. Microbatch runs delete+insert per "
            ~ "batch based on 'event_time' and does not do key-based upserts. Remove 'unique_key' or use "
            ~ "incremental_strategy='merge'."
        ) -%}
    {%- endif -%}

    {%- set batch = model.get('batch') or {} -%}
    {%- set start, end = batch.get('event_time_start'), batch.get('event_time_end') -%}
    {%- if not (start and end) -%}
        {%- do exceptions.raise_compiler_error(
            "microbatch incremental strategy requires 'batch.event_time_start' and 'batch.event_time_end' to be "
            ~ 'set in the context'
        ) -%}
    {%- endif -%}

    {%- set target = arg_dict['target_relation'] -%}
    {%- set predicates = normalize_incremental_predicates(arg_dict.get('incremental_predicates')) -%}
    {%- set columns_csv = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}

    {%- set in_batch -%}
        {{ event_time }} >= '{{ start }}'
        and {{ event_time }} < '{{ end }}'
    {%- endset -%}

    {%- set replace_batch -%}
        delete from {{ target }}
        where {{ in_batch }}
        {%- for predicate in predicates %}
        and ({{ predicate }})
        {%- endfor %};

        insert into {{ target }} ({{ columns_csv }})
        select {{ columns_csv }}
        from {{ arg_dict['temp_relation'] }}
        where {{ in_batch }};
    {%- endset -%}

    {%- do return(replace_batch) -%}
{%- endmacro %}
