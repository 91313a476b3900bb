/* Any bytes as a playbook: mistakes that a terminal may see, or resources whose paths are whole and
 * whose units hold no line that we did not write. */
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/playbook.h"
#include "playbooks/resource.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
lines_with(const char *text, const char *start)
{
	int n = 0;

	for (const char *p = text; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		n += str_starts(p, start);
	return n;
}

static void
check(const struct resource *r)
{
	if (!r->id || !r->title)
		mem_abort("a resource without a name");
	if (r->path && (r->path[0] != '/' || strstr(r->path, "/../") || strchr(r->path, '\n')))
		mem_abort("a path that leads elsewhere");
	if (r->content && strlen(r->digest) != 64)
		mem_abort("contents without a digest");
	if (r->kind != RESOURCE_UNIT || !r->app)
		return;
	if (!str_starts(r->content, APP_UNIT_MARK) || lines_with(r->content, "ExecStart=") != 1 ||
	    lines_with(r->content, "Exec") != 5 || lines_with(r->content, "[") != 3)
		mem_abort("a unit with lines that are not ours");
	if (!str_starts(r->path, APP_UNIT_DIR "/"))
		mem_abort("a unit in a wrong place");
}

static void
check_mistakes(const struct diag *d)
{
	for (int i = 0; i < d->count; i++) {
		autofree char *line = diag_line(d, i);

		for (const char *p = line; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				mem_abort("a control byte in a mistake");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/tmp/drover-fuzz-playbook-XXXXXX";
	static bool made;
	const char *const extra[] = { "x=a\n[Service]\nExecStartPre=/bin/false", NULL };
	const struct host host = { .name = "web1" };
	const struct facts facts = { .unknown_ok = true };
	struct desired wanted;
	struct diag d;

	if (size > 20000)
		size = 20000;
	if (!made) {
		int fd = mkstemp(path);

		if (fd < 0)
			mem_abort("no place for the playbook");
		close(fd);
		made = true;
	}
	FILE *f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		mem_abort("the playbook cannot be written");
	diag_init(&d);
	struct playbook *p = playbook_load(path, extra, &d);
	if (!p != (d.errors > 0))
		mem_abort("neither a playbook nor a mistake, or both");
	if (p) {
		struct arena *a = arena_new();

		if (playbook_desire(p, &host, &facts, a, &d, &wanted)) {
			for (size_t i = 0; i < wanted.count; i++)
				check(wanted.item[i]);
		} else if (!d.errors) {
			mem_abort("refused without a word");
		}
		arena_free(a);
	}
	check_mistakes(&d);
	playbook_free(p);
	diag_fini(&d);
	return 0;
}
