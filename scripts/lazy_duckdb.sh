#!/usr/bin/env bash
# Makes a static library whose functions load libduckdb.so when the first of them is called: lazy_duckdb.sh SO OUT.a
# See lazy_duckdb.c for why. Only for Linux on x86-64.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=$1 out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -D --defined-only "$library" | awk '$2 == "T" && $3 ~ /^duckdb_/ { print $3 }' | sort -u >"$work/names"
[[ -s $work/names ]] || { echo "$library exports no function of DuckDB's C interface." >&2; exit 1; }

awk '
  { name[NR - 1] = $1 }
  END {
    print ".section .note.GNU-stack,\"\",@progbits\n.text"
    # Every argument register is kept across the call of the resolver; the index lies on the stack.
    print "resolve_any:"
    split("rax rdi rsi rdx rcx r8 r9", saved, " ")
    for (i = 1; i <= 7; i++) print "  pushq %" saved[i]
    print "  subq $136, %rsp"
    for (i = 0; i < 8; i++) print "  movups %xmm" i ", " i * 16 "(%rsp)"
    print "  movq 192(%rsp), %rdi\n  call rdbt_duckdb_resolve@PLT\n  movq %rax, %r11"
    for (i = 0; i < 8; i++) print "  movups " i * 16 "(%rsp), %xmm" i
    print "  addq $136, %rsp"
    for (i = 7; i >= 1; i--) print "  popq %" saved[i]
    print "  addq $8, %rsp\n  jmp *%r11"
    for (i = 0; i < NR; i++) {
      print ".globl " name[i] "\n.type " name[i] ", @function\n" name[i] ":\n  jmp *rdbt_duckdb_table+" i * 8 "(%rip)"
      print "first_" i ":\n  pushq $" i "\n  jmp resolve_any"
    }
    print ".data\n.globl rdbt_duckdb_table\n.balign 8\nrdbt_duckdb_table:"
    for (i = 0; i < NR; i++) print "  .quad first_" i
    print ".section .data.rel.ro,\"aw\"\n.globl rdbt_duckdb_names\n.balign 8\nrdbt_duckdb_names:"
    for (i = 0; i < NR; i++) print "  .quad text_" i
    print ".section .rodata"
    for (i = 0; i < NR; i++) print "text_" i ": .asciz \"" name[i] "\""
  }' "$work/names" >"$work/stubs.S"

${CC:-cc} -O2 -fPIC -c "$here/lazy_duckdb.c" -o "$work/resolve.o"
${CC:-cc} -fPIC -c "$work/stubs.S" -o "$work/stubs.o"
rm -f "$out"
ar rcs "$out" "$work/resolve.o" "$work/stubs.o"
