"""The synthetic projects that the benches measure, each written into an empty folder."""
import random

PROFILE = "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb, threads: 2}\n"


def begin(folder, *folders):
    """An empty project on DuckDB, with two threads."""
    for name in folders:
        (folder / name).mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: bench\nprofile: bench\nmodels:\n  bench:\n    +materialized: view\n")
    (folder / "profiles.yml").write_text(PROFILE)


def write_layers(folder, models):
    """Layers of 32 models: views and tables in turn, up to three parents each, two tests each, a macro in one of five."""
    chance = random.Random(7)
    begin(folder, "models", "macros")
    (folder / "macros" / "cents.sql").write_text("{% macro cents(c) %}round({{ c }} / 100.0, 2){% endmacro %}\n")
    previous, made = [], 0
    while made < models:
        layer = [f"model_{made + i:05d}" for i in range(min(32, models - made))]
        entries = ["models:"]
        for name in layer:
            parents = chance.sample(previous, min(len(previous), 3))
            head = "{{ config(materialized='table') }}\n" if made // 32 % 2 else ""
            amount = "{{ cents('amount') }}" if chance.random() < 0.2 else "amount"
            source = " join ".join(f"{{{{ ref('{p}') }}}} p{i}" + (" using (id)" if i else "") for i, p in enumerate(parents))
            body = f"select p0.id, p0.{amount} as amount from {source}" if parents else "select 1 as id, 100 as amount"
            (folder / "models" / f"{name}.sql").write_text(head + body.replace("p0.{{", "{{") + "\n")
            entries += [f"  - name: {name}", f"    description: The model {name}.", "    columns:", "      - name: id"]
            entries += ["        data_tests: [unique, not_null]"]
        (folder / "models" / f"layer_{made // 32:03d}.yml").write_text("\n".join(entries) + "\n")
        previous, made = layer, made + len(layer)


def write_small_models(folder, models):
    """Models that cost DuckDB next to nothing: a row or two each, views and tables in turn, two parents ten models back."""
    begin(folder, "models")
    for n in range(models):
        head = "{{ config(materialized='table') }}\n" if n % 2 else ""
        parents = [f"select id from {{{{ ref('small_{p:04d}') }}}}" for p in (n - 10, n - 13) if p >= 0 and n % 20 < 15]
        body = "\nunion\n".join(parents) if parents and n % 20 else f"select {n} as id"
        (folder / "models" / f"small_{n:04d}.sql").write_text(head + body + "\n")


MACROS = 2400
MACRO = """{{# Number {n} of many: a list of columns with a prefix, some left out. #}}
{{% macro work_{n}(columns, prefix='p{n}_', leave_out=[], type=none) %}}
  {{%- set kept = [] -%}}
  {{%- for column in columns if column not in leave_out -%}}
    {{%- if type is not none and loop.index0 % 2 == 0 -%}}
      {{%- do kept.append('cast(' ~ column ~ ' as ' ~ type ~ ') as ' ~ prefix ~ column | lower) -%}}
    {{%- else -%}}
      {{%- do kept.append(column ~ ' as ' ~ prefix ~ (column | replace('a', 'b'))) -%}}
    {{%- endif -%}}
  {{%- endfor -%}}
  {{%- set options = {{'number': {n}, 'names': kept, 'flag': prefix[0:2] == 'p{n}' or not kept}} -%}}
  {{%- if options['flag'] and execute and options.number > {n} -%}}
    {{{{ exceptions.raise_compiler_error("never: " ~ options.names | join(', ')) }}}}
  {{%- endif -%}}
  select {{{{ kept | join(',\n    ') }}}} from {{{{ target.schema }}}}.source_{n}
  {{% if kept | length > 3 -%}} where {{{{ kept[0] }}}} is not null {{%- endif %}}
{{% endmacro %}}
"""


def write_macros(folder):
    """A project of many macros."""
    begin(folder, "macros")
    for first in range(0, MACROS, 20):
        text = "\n".join(MACRO.format(n=n) for n in range(first, first + 20))
        (folder / "macros" / f"work_{first:04d}.sql").write_text(text)


def write_seeds(folder, files, rows):
    """Seeds of six columns: a number, text, a decimal, a date, a flag, text with gaps."""
    begin(folder, "seeds")
    for n in range(files):
        lines = ["id,name,amount,day,active,note"]
        for row in range(rows):
            note = "" if row % 7 == 0 else f"note {row * 31 % 1009}"
            day = f"20{row % 24:02d}-{row % 12 + 1:02d}-{row % 28 + 1:02d}"
            lines.append(f"{row},name {row % 5003},{row * 37 % 100000 / 100},{day},{'true' if row % 3 else 'false'},{note}")
        (folder / "seeds" / f"seed_{n:02d}.csv").write_text("\n".join(lines) + "\n")
