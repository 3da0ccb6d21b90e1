/* Loads libduckdb when the first of its functions is called.
 *
 * The library is 70 MB; the dynamic linker takes some 20 to 40 ms to relocate it, which every `rdbt --version`, `ls` and
 * `parse` would pay without opening a database. So the program links against small stubs (see lazy_duckdb.sh) that
 * jump through a table; each entry begins as a call to the function below and ends as the real address. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const char *const rdbt_duckdb_names[];
extern void *rdbt_duckdb_table[];

static void *library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fail(const char *what) {
    fprintf(stderr,
            "Runtime Error\n  The DuckDB library could not be used: %s.\n"
            "  rdbt looks for libduckdb.so beside itself, in ../lib and where it was built. "
            "Put the library of DuckDB 1.5.6 into one of them, or set LD_LIBRARY_PATH to its folder.\n",
            what);
    _exit(2);
}

static void load(void) {
    library = dlopen("libduckdb.so", RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) fail(dlerror());
}

/* The address of function `index`; the stubs call this once for each function (twice if two threads race). */
void *rdbt_duckdb_resolve(unsigned long index) {
    pthread_once(&once, load);
    void *address = dlsym(library, rdbt_duckdb_names[index]);
    if (address == NULL) fail(dlerror());
    __atomic_store_n(&rdbt_duckdb_table[index], address, __ATOMIC_RELEASE);
    return address;
}
