#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/executable.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

struct head {
	unsigned char byte[64];
};

/* The beginning of an ELF file, little or big endian. */
static struct head
elf(unsigned char class, unsigned char order, unsigned type, unsigned machine)
{
	struct head h = { { 0x7f, 'E', 'L', 'F', class, order, EV_CURRENT } };
	bool big = order == ELFDATA2MSB;

	h.byte[16] = (unsigned char)(big ? type >> 8 : type);
	h.byte[17] = (unsigned char)(big ? type : type >> 8);
	h.byte[18] = (unsigned char)(big ? machine >> 8 : machine);
	h.byte[19] = (unsigned char)(big ? machine : machine >> 8);
	return h;
}

static const char *
machine_of(struct head h)
{
	const char *machine = "none", *bad = executable_read(h.byte, sizeof(h.byte), &machine);

	if (bad)
		fail_msg("%s", bad);
	return machine;
}

static void
a_program_tells_its_machine(void **state)
{
	(void)state;
	assert_string_equal(machine_of(elf(ELFCLASS64, ELFDATA2LSB, ET_EXEC, EM_X86_64)), "x86_64");
	assert_string_equal(
	    machine_of(elf(ELFCLASS64, ELFDATA2LSB, ET_DYN, EM_AARCH64)), "aarch64");
	assert_string_equal(machine_of(elf(ELFCLASS32, ELFDATA2LSB, ET_DYN, EM_ARM)), "armv7l");
	assert_string_equal(machine_of(elf(ELFCLASS64, ELFDATA2MSB, ET_EXEC, EM_S390)), "s390x");
	assert_string_equal(machine_of(elf(ELFCLASS64, ELFDATA2MSB, ET_EXEC, EM_PPC64)), "ppc64");
	assert_string_equal(machine_of(elf(ELFCLASS64, ELFDATA2LSB, ET_EXEC, EM_PPC64)), "ppc64le");
}

static void
this_very_executable_runs_on_this_machine(void **state)
{
	const char *machine = NULL;
	struct utsname un;
	struct err err;
	size_t len;
	autofree char *self = file_read("/proc/self/exe", 256 << 20, &len, &err);

	(void)state;
	assert_non_null(self);
	assert_null(executable_read(self, len, &machine));
	assert_non_null(machine);
	assert_int_equal(uname(&un), 0);
	assert_true(executable_runs_on(machine, un.machine));
	assert_false(executable_runs_on(machine, "sparc"));
}

static void
a_script_runs_everywhere(void **state)
{
	const char *machine = "none";

	(void)state;
	assert_null(executable_read("#!/bin/sh\n", 10, &machine));
	assert_null(machine);
	assert_true(executable_runs_on(machine, "riscv64"));
}

static void
names_of_one_machine_are_one(void **state)
{
	(void)state;
	assert_true(executable_runs_on("aarch64", "arm64"));
	assert_true(executable_runs_on("armv7l", "armv6l"));
	assert_true(executable_runs_on("i686", "i386"));
	assert_false(executable_runs_on("i686", "x86_64"));
	assert_false(executable_runs_on("x86_64", "aarch64"));
	assert_false(executable_runs_on("x86_64", "x86"));
}

static void
is_no_program(const void *data, size_t len, const char *why)
{
	const char *machine = "none", *bad = executable_read(data, len, &machine);

	assert_non_null(bad);
	assert_null(machine);
	if (!strstr(bad, why))
		fail_msg("\"%s\" is not in \"%s\"", why, bad);
}

static void
what_is_no_program_is_said(void **state)
{
	struct head h = elf(ELFCLASS64, ELFDATA2LSB, ET_REL, EM_X86_64);

	(void)state;
	is_no_program(h.byte, sizeof(h.byte), "not linked");
	h = elf(ELFCLASS64, ELFDATA2LSB, ET_CORE, EM_X86_64);
	is_no_program(h.byte, sizeof(h.byte), "no program that can be run");
	h = elf(ELFCLASS64, ELFDATA2LSB, ET_EXEC, EM_SPARCV9);
	is_no_program(h.byte, sizeof(h.byte), "a machine that drover does not know");
	h = elf(ELFCLASS32, ELFDATA2LSB, ET_EXEC, EM_X86_64);
	is_no_program(h.byte, sizeof(h.byte), "a machine that drover does not know");
	h = elf(7, 9, ET_EXEC, EM_X86_64);
	is_no_program(h.byte, sizeof(h.byte), "a machine that drover does not know");
	is_no_program(h.byte, 5, "cut off");
	is_no_program(h.byte, sizeof(Elf32_Ehdr) - 1, "cut off");
	is_no_program("\x7f"
		      "ELF",
	    4, "neither ELF nor a script");
	is_no_program("#!", 2, "neither ELF nor a script");
	is_no_program("hello\n", 6, "neither ELF nor a script");
	is_no_program("", 0, "is empty");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_tells_its_machine),
		cmocka_unit_test(this_very_executable_runs_on_this_machine),
		cmocka_unit_test(a_script_runs_everywhere),
		cmocka_unit_test(names_of_one_machine_are_one),
		cmocka_unit_test(what_is_no_program_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
