#include "playbooks/executable.h"

#include "base/mem.h"
#include "base/str.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static const struct machine {
	uint16_t code;
	unsigned char class, order;
	const char *name;
	const char *also[5]; /* other names of hosts that run it */
} machines[] = {
	{ EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64", { 0 } },
	{ EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64", { "arm64" } },
	{ EM_386, ELFCLASS32, ELFDATA2LSB, "i686", { "i386", "i486", "i586" } },
	{ EM_ARM, ELFCLASS32, ELFDATA2LSB, "armv7l", { "armv6l", "armv5tel", "armv8l" } },
	{ EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64", { 0 } },
	{ EM_PPC64, ELFCLASS64, ELFDATA2LSB, "ppc64le", { 0 } },
	{ EM_PPC64, ELFCLASS64, ELFDATA2MSB, "ppc64", { 0 } },
	{ EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x", { 0 } },
	{ EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, "loongarch64", { 0 } },
};

static const struct machine *
find_machine(uint16_t code, unsigned char class, unsigned char order)
{
	for (size_t i = 0; i < countof(machines); i++)
		if (machines[i].code == code && machines[i].class == class &&
		    machines[i].order == order)
			return &machines[i];
	return NULL;
}

/* Of the header, which begins alike for 32 and 64 bits. */
static uint16_t
half_at(const unsigned char *head, size_t at)
{
	bool big = head[EI_DATA] == ELFDATA2MSB;
	unsigned high = head[big ? at : at + 1], low = head[big ? at + 1 : at];

	return (uint16_t)(high << 8 | low);
}

static const char *
read_elf(const unsigned char *head, size_t len, const char **ret_machine)
{
	const struct machine *m;
	uint16_t type;

	if (len < sizeof(Elf32_Ehdr))
		return "is cut off";
	type = half_at(head, offsetof(Elf32_Ehdr, e_type));
	if (type != ET_EXEC && type != ET_DYN)
		return type == ET_REL ? "is an object file: it was not linked"
				      : "is no program that can be run";
	m = find_machine(
	    half_at(head, offsetof(Elf32_Ehdr, e_machine)), head[EI_CLASS], head[EI_DATA]);
	if (!m)
		return "is for a machine that drover does not know";
	*ret_machine = m->name;
	return NULL;
}

const char *
executable_read(const void *data, size_t len, const char **ret_machine)
{
	const unsigned char *head = data;

	*ret_machine = NULL;
	if (len > SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		return read_elf(head, len, ret_machine);
	if (len > 2 && memcmp(head, "#!", 2) == 0)
		return NULL;
	return len ? "is no program: neither ELF nor a script that begins with #!" : "is empty";
}

bool
executable_runs_on(const char *machine, const char *arch)
{
	if (!machine || str_eq(machine, arch))
		return true;
	for (size_t i = 0; i < countof(machines); i++) {
		if (!str_eq(machines[i].name, machine))
			continue;
		for (const char *const *also = machines[i].also; *also; also++)
			if (str_eq(*also, arch))
				return true;
	}
	return false;
}
