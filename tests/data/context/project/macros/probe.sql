{% macro typed() %}
  {% do return(run_query("
    select 1::integer as i, 2::bigint as b, 3::hugeint as h, 1.50::decimal(10, 2) as d, 2.5::double as f,
      'txt' as s, true as t, date '2024-02-29' as dt, timestamp '2024-02-29 12:30:00.5' as ts,
      timestamptz '2024-02-29 12:30:00+00' as tz, time '12:30:00' as tm, interval 1 day as iv, null::integer as n
  ")) %}
{% endmacro %}

{% macro people() %}
  {% do return(run_query("
    select * from (values (1, 'ann', 'x', 1.5), (2, 'bob', 'y', 2.5), (3, 'cy', 'x', null), (4, null, 'y', 4.0))
      as p(id, name, grp, amount) order by id
  ")) %}
{% endmacro %}

{% macro one(expression) %}
  {% do return(run_query("select " ~ expression ~ " as v").columns[0].values()[0]) %}
{% endmacro %}

{% macro is_small(row) %}{% do return(row['id'] < 3) %}{% endmacro %}

{% macro by_name(row) %}{% do return(row['name'] or '') %}{% endmacro %}

{% macro fails(message) %}{% do exceptions.raise_compiler_error(message) %}{% endmacro %}

{% macro add(a, b=1) %}{% do return(a + b) %}{% endmacro %}

{# What is of interest is the compiled text. #}
{% materialization nothing, default %}
  {% call statement('main') %}select 1{% endcall %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
