#include "playbooks/request_inner.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/request.h"
#include "playbooks/resource.h"
#include "playbooks/tar.h"

#include <stdint.h>
#include <string.h>

#define HOME "/root"

struct words {
	const char **item;
	size_t count, cap;
};

static void
add(struct words *w, const char *word)
{
	mem_grow(w->item, w->count, w->cap);
	w->item[w->count++] = word;
}

static void
add_list(struct words *w, const char *const *list)
{
	for (; list && *list; list++)
		add(w, *list);
}

/* The text of a script comes under its digest, its input under the number of its step. */
static void
send_texts(struct request_parts *p, const struct resource *r, size_t n)
{
	char name[80];

	if (r->content) {
		snprintf(name, sizeof(name), "f/%s", r->digest);
		if (strmap_add(&p->contents, r->digest, n, NULL))
			tar_add(p->tar, name, r->content, r->content_len);
		buf_addf(&p->steps, "script %zu %s\n", n, r->digest);
	}
	if (r->command && r->command->input) {
		snprintf(name, sizeof(name), "in/%zu", n);
		tar_add(p->tar, name, r->command->input, r->command->input_len);
	}
}

/* "run NUMBER SECONDS GOOD UNCHANGED" */
static void
add_op(struct request_parts *p, const struct command_how *c, size_t n)
{
	int64_t tenths = c ? (c->limit_ms + 99) / 100 : 0;

	buf_addf(&p->steps, "run %zu %lld.%lld %s %s\n", n, (long long)tenths / 10,
	    (long long)tenths % 10, c ? c->good : "0", c ? c->unchanged : "-");
}

int
request_add_command(struct request_parts *p, const struct resource *r, size_t n)
{
	const char *const shell[] = { "sh", "-c", r->shell, NULL };
	autofree char *place = xasprintf("/var/lib/drover/runs/%s/script.%zu", p->spec->run, n);
	struct words w = { .item = NULL };
	size_t from;
	int rc;

	add(&w, r->command && r->command->cwd ? r->command->cwd : HOME);
	add_list(&w, r->env);
	from = w.count;
	if (r->content && r->command)
		add_list(&w, r->command->with);
	if (r->content)
		add(&w, place);
	add_list(&w, r->shell ? shell : r->argv);
	add(&w, NULL);
	if (!w.item[from] || strchr(w.item[from], '=')) {
		rc = err_set(p->err, OUTCOME_INPUT, "%s: no command that can be run", r->id);
	} else {
		send_texts(p, r, n);
		add_op(p, r->command, n);
		rc = request_add_words(p, "args", n, NULL, w.item);
	}
	free(w.item);
	return rc;
}
