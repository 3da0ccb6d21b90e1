{#
  Dates as text, for models whose variables name a day or a range of days to work on.
#}


{# A datetime from text; text that does not fit the format is the user's mistake and says so. #}
{% macro convert_datetime(date_str, date_fmt) -%}
  {%- set complaint = "The provided partition date '" ~ date_str ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
  {%- do return(try_or_compiler_error(complaint, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) -%}
{%- endmacro %}


{# Every day from start to end, both included; only the start without an end. An empty `out_fmt`
   leaves them datetimes. #}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt="%Y%m%d", out_fmt="%Y%m%d") -%}
  {%- set first = convert_datetime(start_date_str, in_fmt) -%}
  {%- set last = first if end_date_str is none else convert_datetime(end_date_str, in_fmt) -%}
  {%- set span = (last - first).days -%}
  {%- if span < 0 -%}
    {%- do exceptions.raise_compiler_error("Partition start date is after the end date (" ~ first ~ ", " ~ last ~ ")", model) -%}
  {%- endif -%}

  {%- set days = [] -%}
  {%- for offset in range(span + 1) -%}
    {%- set day = first + modules.datetime.timedelta(days=offset) -%}
    {%- do days.append(day.strftime(out_fmt) if out_fmt else day) -%}
  {%- endfor -%}
  {%- do return(days) -%}
{%- endmacro %}


{# "20250101" or "20250101,20250131", as it comes from the command line. #}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
  {%- set ends = (raw_partition_date | string).split(",") -%}
  {%- if ends | length > 2 -%}
    {%- do exceptions.raise_compiler_error("Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: " ~ raw_partition_date) -%}
  {%- endif -%}
  {%- set last = ends[1] if ends | length == 2 else none -%}
  {%- do return(dates_in_range(ends[0], last, in_fmt=date_fmt)) -%}
{%- endmacro %}


{# The local time down to microseconds, as digits only: fit for a unique suffix. #}
{% macro py_current_timestring() -%}
  {%- do return(modules.datetime.datetime.now().strftime("%Y%m%d%H%M%S%f")) -%}
{%- endmacro %}
