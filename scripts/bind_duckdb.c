/* Binds libduckdb's references to its own symbols once, when rdbt is built: bind_duckdb IN.so OUT.so
 *
 * The published library refers to some 37,000 of its own functions and tables by name, and calls 24,000 through a table that
 * is filled by name. The dynamic linker looks each of them up whenever a process loads the library, which takes it about
 * 15 ms: a third of what it costs to open a database. Every such name has just one meaning, the library's own (the linker
 * finds no other definition in what rdbt loads), so the answer can stand in the file: a reference by name becomes one
 * relative to where the library lies, and a slot of the call table holds its function from the start.
 *
 * Nothing moves and no byte of code changes. Names from other libraries stay as they are, and so do those of which a
 * process may have one only (STB_GNU_UNIQUE), thread-local ones, and those that a function chooses (STT_GNU_IFUNC).
 *
 * Only for Linux on x86-64, as lazy_duckdb.c. Exit status 1 and a sentence if the file is not of the expected form. */

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *image;
static size_t length;

static void fail(const char *why) {
    fprintf(stderr, "libduckdb could not be bound: %s\n", why);
    exit(1);
}

/* The place in the file of `size` bytes that lie at `address` when the library is loaded. */
static void *at(Elf64_Addr address, size_t size) {
    const Elf64_Ehdr *header = (Elf64_Ehdr *)image;
    const Elf64_Phdr *part = (Elf64_Phdr *)(image + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++, part++) {
        if (part->p_type != PT_LOAD || address < part->p_vaddr || address - part->p_vaddr > part->p_filesz) continue;
        size_t within = address - part->p_vaddr;
        if (size > part->p_filesz - within || part->p_offset + within + size > length) break;
        return image + part->p_offset + within;
    }
    fail("it points outside itself.");
    return NULL;
}

static void read_image(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail("it cannot be read.");
    length = (size_t)ftell(file);
    rewind(file);
    image = malloc(length);
    if (image == NULL || fread(image, 1, length, file) != length) fail("it cannot be read.");
    fclose(file);
    const Elf64_Ehdr *header = (Elf64_Ehdr *)image;
    if (length < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_machine != EM_X86_64 || header->e_type != ET_DYN || header->e_phentsize != sizeof(Elf64_Phdr) ||
        header->e_phoff + header->e_phnum * sizeof(Elf64_Phdr) > length)
        fail("it is not a shared library for x86-64.");
}

static Elf64_Dyn *dynamic_entry(Elf64_Sxword tag) {
    const Elf64_Ehdr *header = (Elf64_Ehdr *)image;
    const Elf64_Phdr *part = (Elf64_Phdr *)(image + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type != PT_DYNAMIC) continue;
        Elf64_Dyn *entry = at(part[i].p_vaddr, part[i].p_filesz);
        for (size_t left = part[i].p_filesz / sizeof *entry; left > 0 && entry->d_tag != DT_NULL; left--, entry++)
            if (entry->d_tag == tag) return entry;
    }
    fail("its dynamic section lacks an entry.");
    return NULL;
}

/* Whether a reference to `symbol` can only mean the library's own. */
static int is_own(const Elf64_Sym *symbol) {
    int binding = ELF64_ST_BIND(symbol->st_info), type = ELF64_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE && (binding == STB_GLOBAL || binding == STB_WEAK) &&
           (type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC);
}

static const Elf64_Sym *symbol_of(const Elf64_Rela *entry) {
    Elf64_Addr table = dynamic_entry(DT_SYMTAB)->d_un.d_ptr;
    return at(table + ELF64_R_SYM(entry->r_info) * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
}

/* References by name become relative ones, which come first: the linker takes as many as DT_RELACOUNT says without a look. */
static size_t bind_references(void) {
    size_t count = dynamic_entry(DT_RELASZ)->d_un.d_val / sizeof(Elf64_Rela), relative = 0, other = 0, bound = 0;
    Elf64_Rela *entries = at(dynamic_entry(DT_RELA)->d_un.d_ptr, count * sizeof *entries);
    Elf64_Rela *others = malloc(count * sizeof *others);
    if (others == NULL) fail("there is not enough memory.");
    for (size_t i = 0; i < count; i++) {
        Elf64_Rela entry = entries[i];
        unsigned type = ELF64_R_TYPE(entry.r_info);
        if (type == R_X86_64_64 || type == R_X86_64_GLOB_DAT) {
            const Elf64_Sym *symbol = symbol_of(&entry);
            if (is_own(symbol)) {
                entry.r_addend = (Elf64_Sxword)symbol->st_value + (type == R_X86_64_64 ? entry.r_addend : 0);
                entry.r_info = ELF64_R_INFO(0, R_X86_64_RELATIVE);
                bound++;
            }
        }
        if (ELF64_R_TYPE(entry.r_info) == R_X86_64_RELATIVE) entries[relative++] = entry;
        else others[other++] = entry;
    }
    memcpy(entries + relative, others, other * sizeof *others);
    free(others);
    dynamic_entry(DT_RELACOUNT)->d_un.d_val = relative;
    return bound;
}

/* A slot of the call table holds what the linker adds the library's address to before the first call: so far the way to the
 * search by name, from now on the function. A linker that fills the table at once does so by name, as before. */
static size_t bind_calls(void) {
    size_t count = dynamic_entry(DT_PLTRELSZ)->d_un.d_val / sizeof(Elf64_Rela), bound = 0;
    const Elf64_Rela *entries = at(dynamic_entry(DT_JMPREL)->d_un.d_ptr, count * sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const Elf64_Sym *symbol = symbol_of(&entries[i]);
        if (ELF64_R_TYPE(entries[i].r_info) != R_X86_64_JUMP_SLOT || !is_own(symbol) || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC) continue;
        memcpy(at(entries[i].r_offset, sizeof(Elf64_Addr)), &symbol->st_value, sizeof(Elf64_Addr));
        bound++;
    }
    return bound;
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: bind_duckdb IN.so OUT.so");
    read_image(arguments[1]);
    if (bind_references() + bind_calls() == 0) fail("it refers to none of its symbols by name.");
    FILE *file = fopen(arguments[2], "wb");
    if (file == NULL || fwrite(image, 1, length, file) != length || fclose(file) != 0) fail("the result cannot be written.");
    return 0;
}
