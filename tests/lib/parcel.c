#include "tests/lib/parcel.h"

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

#define MEMBER_MAX (1U << 20)

/* What a command prints, ended by a NUL; it must end well. */
static char *
printed(const char *command)
{
	char *text = xcalloc(MEMBER_MAX + 1, 1);
	FILE *from = popen(command, "r"); /* names of ours */
	size_t n = fread(text, 1, MEMBER_MAX, from);
	int status = pclose(from);

	if (status != 0 || n == MEMBER_MAX)
		fail_msg("%s: status %d, %zu bytes", command, WEXITSTATUS(status), n);
	return text;
}

/* Whether a list of names, one a line, has that one. */
static bool
is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strcspn(at, "\n") == len && memcmp(at, name, len) == 0)
			return true;
	}
	return false;
}

char *
parcel_member(const struct buf *request, const char *name)
{
	const char *nl = memchr(request->data, '\n', request->len);
	char dir[] = "/tmp/drover-parcel-XXXXXX";
	size_t head = (size_t)(nl - request->data) + 1;
	char *text = NULL;
	struct err err;

	assert_non_null(mkdtemp(dir));
	autofree char *path = file_join(dir, "request.tar");
	if (file_replace(path, request->data + head, request->len - head, 0600, &err) < 0)
		fail_msg("%s", err.text);
	autofree char *list = xasprintf("tar -tf %s", path);
	autofree char *names = printed(list);
	autofree char *unpack = xasprintf("tar -xOf %s '%s'", path, name);
	if (is_listed(names, name))
		text = printed(unpack);
	autofree char *clean = xasprintf("rm -r %s", dir);
	free(printed(clean));
	return text;
}

void
parcel_holds(const struct buf *request, const char *name, const char *text)
{
	autofree char *found = parcel_member(request, name);

	if (!found)
		fail_msg("%s is not in it", name);
	assert_string_equal(found, text);
}
