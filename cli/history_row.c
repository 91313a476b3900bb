#include "cli/history_row.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "ledger/ledger.h"

#include <string.h>

#define WHAT_MAX 1024

void
history_row_free(struct history_row *r)
{
	if (!r)
		return;
	free(r->verb);
	free(r->folded);
	free(r);
}

/* The words of a command line from its verb on: the options before it say where, not what. */
static void
add_what(struct buf *b, const char *argv, const char *from)
{
	struct err err;
	autojson *j = json_parse(argv, strlen(argv), 64U << 20, &err);
	size_t n = json_count(j), first = 0;

	for (size_t i = 0; i < n; i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (word && str_eq(word, from)) {
			first = i;
			break;
		}
	}
	for (size_t i = first; i < n; i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (b->len)
			buf_addc(b, ' ');
		str_shell_quote(b, word ? word : "");
	}
}

/* The words after "--": one word is a line of shell as it was typed. False: there are none. */
static bool
add_command(struct buf *b, const char *argv)
{
	struct err err;
	autojson *j = json_parse(argv, strlen(argv), 64U << 20, &err);
	size_t n = json_count(j), first = 0;

	for (size_t i = 0; i < n && !first; i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (word && str_eq(word, "--"))
			first = i + 1;
	}
	for (size_t i = first; first && i < n; i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (i > first)
			buf_addc(b, ' ');
		if (n - first == 1)
			buf_adds(b, word ? word : "");
		else
			str_shell_quote(b, word ? word : "");
	}
	return first && first < n;
}

/* "run systemctl restart -- shop.service" is told as "restart shop.service". */
static void
add_short(struct buf *b, const char *command)
{
	static const char manager[] = "systemctl ";
	const char *rest = command + strlen(manager), *mark = strstr(command, " -- ");

	if (!str_starts(command, manager) || !mark || strcspn(rest, " ") != (size_t)(mark - rest))
		buf_addf(b, "run %s", command);
	else
		buf_addf(b, "%.*s %s", (int)(mark - rest), rest, mark + strlen(" -- "));
}

char *
history_doing(const char *verb, const char *argv, const char *playbook)
{
	autobuf b = BUF_INIT(WHAT_MAX), command = BUF_INIT(WHAT_MAX);
	const char *name = strrchr(playbook, '/') ? strrchr(playbook, '/') + 1 : playbook;

	if (str_eq(verb, "run") && add_command(&command, argv))
		add_short(&b, buf_text(&command));
	else if (*name)
		buf_addf(&b, "%s %.500s", verb, name);
	else if (*argv)
		add_what(&b, argv, verb);
	if (!b.len)
		buf_adds(&b, verb);
	return xstrdup(buf_text(&b));
}

static void
put_what(struct buf *b, const struct ledger_row *from)
{
	if (from->argv[0])
		add_what(b, from->argv, from->verb);
	if (!b->len)
		buf_addf(b, "%s%s%.500s", from->verb, from->playbook[0] ? " " : "", from->playbook);
}

/* All texts of a row in one block, which its verb begins. */
static void
keep_texts(struct history_row *r, const struct ledger_row *from)
{
	autobuf what = BUF_INIT(WHAT_MAX);
	size_t who = strcspn(from->seat, "@"), all = 0, at = 0;
	autofree char *name = xmemdup0(from->seat, who);

	put_what(&what, from);
	autofree char *doing = history_doing(from->verb, from->argv, from->playbook);
	const struct {
		char **to;
		const char *text;
	} texts[] = { { &r->verb, from->verb }, { &r->what, buf_text(&what) }, { &r->doing, doing },
		{ &r->who, name }, { &r->seat, from->seat }, { &r->state, from->state },
		{ &r->fleet, from->fleet }, { &r->playbook, from->playbook },
		{ &r->git, from->git }, { &r->argv, from->argv } };
	for (size_t i = 0; i < countof(texts); i++)
		all += strlen(texts[i].text) + 1;
	char *block = xcalloc(all, 1);
	for (size_t i = 0; i < countof(texts); i++) {
		*texts[i].to = block + at;
		str_copy(block + at, all - at, texts[i].text);
		at += strlen(texts[i].text) + 1;
	}
}

struct history_row *
history_row_new(const struct ledger_row *from)
{
	struct history_row *r = xcalloc(1, sizeof(*r));

	str_copy(r->uuid, sizeof(r->uuid), from->uuid);
	str_copy(r->alias, sizeof(r->alias), from->alias);
	r->number = from->number;
	r->start_ms = from->start_ms;
	r->end_ms = from->end_ms;
	r->hosts = from->hosts;
	r->ok = from->ok;
	r->changed = from->changed;
	r->failed = from->failed;
	r->unreachable = from->unreachable;
	r->untried = from->untried;
	r->unknown = from->unknown;
	r->exit = from->exit;
	r->foreign = str_eq(from->state, "foreign");
	r->running = str_eq(from->state, "running");
	keep_texts(r, from);
	return r;
}

bool
history_is_bad(const struct history_row *row)
{
	enum outcome o;

	return row->failed > 0 ||
	       (row->end_ms && outcome_parse(row->state, &o) && !outcome_is_good(o));
}

const char *
history_origin(const struct history_row *row)
{
	if (row->foreign)
		return "foreign";
	return row->console ? "console" : "cli";
}

char *
history_command(const struct history_row *row)
{
	autobuf b = BUF_INIT(64U << 10);
	struct err err;
	autojson *j = json_parse(row->argv, strlen(row->argv), 64U << 20, &err);
	const char *first = json_text(json_at(j, 0), NULL);

	if (!first)
		return NULL;
	/* The program's name as it was typed says only where it lay. */
	const char *name = strrchr(first, '/') ? strrchr(first, '/') + 1 : first;
	buf_adds(&b, "drover");
	for (size_t i = str_eq(name, "drover"); i < json_count(j); i++) {
		const char *word = json_text(json_at(j, i), NULL);

		buf_addc(&b, ' ');
		str_shell_quote(&b, word ? word : "");
	}
	return buf_detach(&b, NULL);
}
