{#
    Deterministic random numbers. A draw is a pure function of the seed, the
    key (an employee, usually), the year and the purpose, so that it does not
    depend on row order, threads or how often a model runs.

    MD5 rather than the database's own hash(): its value is the same in every
    version. Thirteen hexadecimal digits are 52 bits, which a double holds
    exactly, so dividing by 2^52 gives an even spread over [0, 1).
#}
{% macro hash_rng(seed, key, year, purpose) -%}
    {%- set text = "concat_ws('|', '" ~ seed ~ "', " ~ key ~ ", " ~ year ~ ", '" ~ purpose ~ "')" -%}
    (cast('0x' || substr(md5({{ text }}), 1, 13) as bigint) / 4503599627370496.0)
{%- endmacro %}


{# A uniform draw in [0, 1) for one key and purpose in the simulated year. #}
{% macro rand_uniform(key, purpose, year=none) -%}
    {%- set draw_year = year if year is not none else simulation_year() -%}
    {{ hash_rng(var('random_seed'), key, draw_year, purpose) }}
{%- endmacro %}


{# A whole number from 0 to `count - 1`. #}
{% macro rand_integer(key, purpose, count) -%}
    cast(floor({{ rand_uniform(key, purpose) }} * {{ count }}) as integer)
{%- endmacro %}
