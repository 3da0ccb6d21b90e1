#!/usr/bin/env bash
# Puts the prebuilt libduckdb into .libduckdb/, once. Compiling it instead takes 40 minutes on two cores and leaves
# ICU out; the npm package of DuckDB's node bindings ships the same library with ICU, JSON and Parquet inside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=1.5.6
revision=r.1
case "$(uname -s)" in
  Linux) os=linux library=libduckdb.so ;;
  Darwin) os=darwin library=libduckdb.dylib ;;
  *) echo "There is no prebuilt libduckdb for $(uname -s); build with: cargo build --features bundled" >&2; exit 1 ;;
esac
case "$(uname -m)" in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) echo "There is no prebuilt libduckdb for $(uname -m); build with: cargo build --features bundled" >&2; exit 1 ;;
esac

# What the program links against: stubs that load the library on first use where we have them, else the library.
link() {
  mkdir -p .libduckdb/link
  if [[ $os-$arch == linux-x64 ]]; then
    scripts/lazy_duckdb.sh ".libduckdb/$library" .libduckdb/link/libduckdb.a
  else
    ln -sf "../$library" ".libduckdb/link/$library"
  fi
}

# Makes the library that rdbt loads from the published one, which stays in .libduckdb/published/: see bind_duckdb.c.
bind() {
  mkdir -p .libduckdb/published
  cp "$1" ".libduckdb/published/$library"
  if [[ $os-$arch == linux-x64 ]]; then
    "${CC:-cc}" -O2 scripts/bind_duckdb.c -o "$work/bind_duckdb"
    "$work/bind_duckdb" "$1" ".libduckdb/$library.new"
  else
    cp "$1" ".libduckdb/$library.new"
  fi
  mv ".libduckdb/$library.new" ".libduckdb/$library"
}

stamp=.libduckdb/version
contents="$version-$revision bound"
if [[ -e .libduckdb/$library && -e .libduckdb/link && $(cat "$stamp" 2>/dev/null) == "$contents" ]]; then
  exit 0
fi
command -v npm >/dev/null || { echo "npm is needed to fetch libduckdb $version: install Node.js, or build with: cargo build --features bundled" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "@duckdb/node-bindings-$os-$arch@$version-$revision" >/dev/null && tar xzf ./*.tgz)
mkdir -p .libduckdb
bind "$work/package/$library"
link
echo "$contents" >"$stamp"
