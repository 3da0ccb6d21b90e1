{% test at_least(model, rows) %}
{{ config(fail_calc='coalesce(sum(missing), 0)') }}
select {{ rows }} - count(*) as missing from {{ model }} having count(*) < {{ rows }}
{% endtest %}
