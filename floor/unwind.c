/* What libgcc_eh.a of GCC 12 and later wants of glibc 2.35: which object has an address, and where its table of frames
 * is. The list of objects is walked each time, as libgcc itself does with older C libraries. */
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* struct dl_find_object, under a name of its own: headers may have it or not. */
struct Found {
    unsigned long long flags;
    void *begin;
    void *end;
    struct link_map *object;
    void *frames;
    unsigned long long reserved[7];
};

struct Search {
    uintptr_t address;
    struct Found *found;
};

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct Search *search = data;
    const ElfW(Phdr) *frames = NULL;
    uintptr_t begin = UINTPTR_MAX;
    uintptr_t end = 0;
    int inside = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        const uintptr_t first = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME)
            frames = part;
        if (part->p_type != PT_LOAD)
            continue;
        inside |= search->address >= first && search->address - first < part->p_memsz;
        begin = first < begin ? first : begin;
        end = first + part->p_memsz > end ? first + part->p_memsz : end;
    }
    if (!inside || frames == NULL)
        return inside ? -1 : 0;
    search->found->flags = 0;
    search->found->begin = (void *)begin;
    search->found->end = (void *)end;
    search->found->object = NULL;
    search->found->frames = (void *)(info->dlpi_addr + frames->p_vaddr);
    return 1;
}

int find_object(void *address, struct Found *found) __asm__("_dl_find_object");
int find_object(void *address, struct Found *found)
{
    struct Search search = {(uintptr_t)address, found};
    return dl_iterate_phdr(look, &search) == 1 ? 0 : -1;
}
