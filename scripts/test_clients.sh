#!/usr/bin/env bash
# Runs tests/clients: tools that start dbt or read its files, each in a Python of its own, with rdbt as `dbt` on the PATH.
# Usage: test_clients.sh PROGRAM [CLIENT...]; with dbt itself as PROGRAM it shows that the expectations are dbt's.
# The tools are installed once, into RDBT_CLIENTS_FOLDER (~/.cache/rdbt-ci/clients).
set -euo pipefail
# dagster-dbt imports msgpack and dateutil, which come with dbt-core, without asking for them.
declare -A packages=(
  [artifacts_parser]="dbt-artifacts-parser==0.15.0"
  [cosmos]="apache-airflow==3.3.2 astronomer-cosmos==1.15.1"
  [dagster]="dagster==1.13.27 dagster-dbt==0.29.27 python-dateutil requests msgpack"
  [score]="dbt-score==0.19.0"
  [sqlfluff]="sqlfluff==4.4.0 sqlfluff-templater-dbt==4.4.0 dbt-core==1.11.16 dbt-duckdb==1.11.1"
)
folder=${RDBT_CLIENTS_FOLDER:-$HOME/.cache/rdbt-ci/clients}
program=$(realpath -s "${1:?Say which program is to be tried as dbt}")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/clients"
clients=("$@")
[[ ${#clients[@]} -gt 0 ]] || mapfile -t clients < <(printf '%s\n' "${!packages[@]}" | sort)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#!/bin/sh\nexec "%s" "$@"\n' "$program" >"$work/dbt"
chmod +x "$work/dbt"

# Installs a client's packages where they are not there yet.
install() {
  local place=$folder/$1 wanted=${packages[$1]}
  [[ $(cat "$place/packages" 2>/dev/null) == "$wanted" ]] && return
  rm -rf "$place"
  python3 -m venv "$place"
  # shellcheck disable=SC2086 # One word a package.
  "$place/bin/pip" install --quiet --disable-pip-version-check $wanted
  echo "$wanted" >"$place/packages"
}

failed=()
for client in "${clients[@]}"; do
  install "$client"
  echo "== $client: ${packages[$client]}"
  PATH=$work:$PATH PYTHONDONTWRITEBYTECODE=1 "$folder/$client/bin/python" -m unittest -b "test_$client" || failed+=("$client")
done
[[ ${#failed[@]} -eq 0 ]] || { echo "Failed: ${failed[*]}" >&2; exit 1; }
