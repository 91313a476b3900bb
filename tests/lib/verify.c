#include "tests/lib/verify.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

void
verify_unit(const char *text, const char *program, const char *instead)
{
	char dir[] = "/tmp/drover-unit-XXXXXX", out[4096] = "";
	autofree char *mine = xstrdup(text);
	size_t len = strlen(program);
	struct err err;

	assert_non_null(mkdtemp(dir));
	assert_true(strlen(instead) <= len && !strstr(instead, program));
	for (char *at = strstr(mine, program); at; at = strstr(mine, program)) {
		memset(at, ' ', len);
		memcpy(at, instead, strlen(instead));
	}
	autofree char *path = xasprintf("%s/shop-1.service", dir);
	assert_int_equal(file_replace(path, mine, strlen(mine), 0644, &err), 0);
	autofree char *command = xasprintf("systemd-analyze verify --man=no --recursive-errors=no "
					   "%s 2>&1; rc=$?; rm -r %s; exit $rc",
	    path, dir);
	FILE *from = popen(command, "r");
	size_t n = fread(out, 1, sizeof(out) - 1, from);
	int status = pclose(from);

	out[n] = '\0';
	if (status != 0 || n > 0)
		fail_msg("systemd-analyze says (status %d): %s", WEXITSTATUS(status), out);
}
