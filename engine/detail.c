#include "engine/detail.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/probe.h"

#include <string.h>

#define ANSWER_MS 10000
#define BRIEF_MAX (256U << 10)

void
detail_fini(struct detail *d)
{
	char *texts[] = { d->file, d->drop_ins, d->needs, d->triggers, d->triggered_by, d->command,
		d->image, d->image_id, d->error };

	for (size_t i = 0; i < countof(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < d->mount_count; i++)
		free(d->mounts[i]);
	for (size_t i = 0; i < d->log_count; i++)
		free(d->logs[i].text);
	free(d->logs);
	*d = (struct detail){ 0 };
}

/* The rest of a line becomes this text; a later one of its kind wins. */
static void
keep(char **to, const char *rest)
{
	free(*to);
	*to = xstrdup(rest);
}

/* What every unit needs says nothing about this one. */
static bool
is_usual(const char *unit)
{
	static const char *const usual[] = { "sysinit.target", "basic.target", "system.slice",
		"user.slice", "app.slice", "-.mount", "shutdown.target", "-.slice" };

	for (size_t i = 0; i < countof(usual); i++) {
		if (str_eq(unit, usual[i]))
			return true;
	}
	return false;
}

static void
read_needs(struct detail *d, char *rest)
{
	for (char *one = strtok_r(rest, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		if (is_usual(one))
			continue;
		autofree char *so_far = take(d->needs);
		d->needs = so_far ? xasprintf("%s %s", so_far, one) : xstrdup(one);
	}
}

/* A container's unit of drover starts podman within a shell (playbooks/unit.c): what that runs. */
static const char *
within_shell(const char *command)
{
	static const char shell[] = "/bin/sh -c stop=; trap stop=y TERM; ",
			  end[] = " exit $$rc sh ";
	const char *at = str_starts(command, shell) ? strstr(command, end) : NULL;

	return at ? at + strlen(end) : command;
}

/* "{ path=/bin/sh ; argv[]=/bin/sh -c x ; ignore_errors=no ; ...": the words of the command. */
static void
read_exec(struct detail *d, char *rest)
{
	char *argv = strstr(rest, "argv[]=");
	char *end = argv ? strstr(argv, " ; ignore_errors=") : NULL;

	if (!argv)
		return;
	if (end)
		*end = '\0';
	keep(&d->command, within_shell(argv + strlen("argv[]=")));
}

static void
read_result(struct detail *d, char *rest)
{
	if (!str_eq(rest, "success"))
		str_copy(d->result, sizeof(d->result), rest);
}

/* What a unit is made from says more than the file that was made of it. */
static void
read_path(struct detail *d, char *rest)
{
	if (!d->file)
		keep(&d->file, rest);
}

static void
read_source(struct detail *d, char *rest)
{
	keep(&d->file, rest);
}

static void
read_mount(struct detail *d, char *rest)
{
	if (d->mount_count < DETAIL_MOUNTS)
		d->mounts[d->mount_count++] = xstrdup(rest);
}

static void
add_log(struct detail *d, int64_t at_s, const char *text)
{
	if (d->log_count == DETAIL_LOGS) {
		free(d->logs[0].text);
		memmove(d->logs, d->logs + 1, (DETAIL_LOGS - 1) * sizeof(*d->logs));
		d->log_count--;
	}
	d->logs = xrealloc(d->logs, d->log_count + 1, sizeof(*d->logs));
	d->logs[d->log_count++] = (struct detail_line){ .at_s = at_s, .text = xstrdup(text) };
}

static char *
split(char *rest)
{
	char *blank = strchr(rest, ' ');

	if (!blank)
		return rest + strlen(rest);
	*blank = '\0';
	return blank + 1;
}

static void
read_log(struct detail *d, char *rest)
{
	const char *text = split(rest);
	int64_t at = 0;

	str_int(rest, 0, INT64_MAX / 10000, &at);
	add_log(d, at, text);
}

/* podman writes its times as RFC 3339 with a fraction and an offset: 2026-11-22T08:45:11.5+00:00. */
static void
read_stamped(struct detail *d, char *rest)
{
	const char *text = split(rest);
	char plain[32];
	int64_t ms;

	snprintf(plain, sizeof(plain), "%.19s.000Z", rest);
	ms = clock_parse_rfc3339(plain);
	if (ms >= 0) {
		add_log(d, ms / 1000, text);
		return;
	}
	autofree char *whole = xasprintf("%s %s", rest, text);
	add_log(d, 0, whole);
}

static bool
read_known(struct detail *d, const char *key, const char *rest)
{
	const struct {
		const char *key;
		char **to;
	} texts[] = { { "DropInPaths", &d->drop_ins }, { "Triggers", &d->triggers },
		{ "TriggeredBy", &d->triggered_by }, { "ImageName", &d->image },
		{ "Image", &d->image_id }, { "Error", &d->error }, { "Command", &d->command } };
	const struct {
		const char *key;
		char *to;
		size_t size;
	} words[] = { { "UnitFileState", d->enabled, sizeof(d->enabled) },
		{ "User", d->user, sizeof(d->user) }, { "State", d->state, sizeof(d->state) },
		{ "Driver", d->driver, sizeof(d->driver) } };

	for (size_t i = 0; i < countof(texts); i++) {
		if (str_eq(key, texts[i].key)) {
			keep(texts[i].to, rest);
			return true;
		}
	}
	for (size_t i = 0; i < countof(words); i++) {
		if (str_eq(key, words[i].key)) {
			str_copy(words[i].to, words[i].size, rest);
			return true;
		}
	}
	return false;
}

static bool
read_number(struct detail *d, const char *key, const char *rest)
{
	const struct {
		const char *key;
		int64_t *to;
	} wide[] = { { "MainPID", &d->pid }, { "MemoryCurrent", &d->memory },
		{ "TasksCurrent", &d->tasks } };
	const struct {
		const char *key;
		int *to;
	} narrow[] = { { "ExecMainStatus", &d->exit_status }, { "NRestarts", &d->restarts },
		{ "StartLimitBurst", &d->restarts_max } };
	int64_t n;

	for (size_t i = 0; i < countof(wide); i++) {
		if (str_eq(key, wide[i].key)) {
			str_int(rest, 0, INT64_MAX / 2, wide[i].to);
			return true;
		}
	}
	for (size_t i = 0; i < countof(narrow); i++) {
		if (str_eq(key, narrow[i].key) && str_int(rest, 0, 1000000, &n))
			*narrow[i].to = (int)n;
	}
	return false;
}

static void
read_line(struct detail *d, char *line)
{
	static const struct {
		const char *key;
		void (*read)(struct detail *d, char *rest);
	} lines[] = { { "log", read_log }, { "stamped", read_stamped }, { "Requires", read_needs },
		{ "BindsTo", read_needs }, { "ExecStart", read_exec }, { "Result", read_result },
		{ "FragmentPath", read_path }, { "SourcePath", read_source },
		{ "Mount", read_mount } };
	char *rest = split(line);

	for (size_t i = 0; i < countof(lines); i++) {
		if (str_eq(line, lines[i].key)) {
			lines[i].read(d, rest);
			return;
		}
	}
	if (!read_known(d, line, rest))
		read_number(d, line, rest);
}

int
detail_parse(struct detail *d, const char *text, size_t len, struct err *err)
{
	autofree char *copy = xmemdup0(text, len);
	char *at = strstr(copy, "begin 1\n");
	bool ended = false;

	*d = (struct detail){ .memory = -1, .tasks = -1 };
	if (!at)
		return err_set(
		    err, OUTCOME_FAILED, "what the host tells is not what was asked for");
	strtok_r(at, "\n", &at);
	for (char *line = strtok_r(NULL, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		ended = str_eq(line, "end");
		if (ended)
			break;
		read_line(d, line);
	}
	if (!ended)
		return err_set(err, OUTCOME_FAILED, "what the host tells ends in the middle");
	return 0;
}

static void
on_answer(
    void *user, struct herd_host *hh, const struct probe_answer *answer, const struct err *err)
{
	autofree struct detail_asked *a = user;
	struct err why = *err;

	(void)hh;
	if (why.kind == OUTCOME_OK && answer->status != 0)
		err_set(&why, OUTCOME_FAILED, "%.200s",
		    answer->len ? answer->body : "the host has no answer");
	a->done(a->to, answer->body, answer->len, &why);
}

void
detail_ask(struct herd_host *hh, const struct detail_asked *asked)
{
	static const char *const forms[] = {
		[DETAIL_BRIEF] = "brief", [DETAIL_DESCRIBE] = "describe", [DETAIL_FILE] = "file"
	};
	static const char *const kinds[] = {
		[DETAIL_UNIT] = "unit", [DETAIL_CONTAINER] = "container"
	};
	const char *args[] = { forms[asked->form], kinds[asked->kind], asked->user, asked->name,
		NULL };
	struct detail_asked *a = xcalloc(1, sizeof(*a));

	*a = *asked;
	probe_start(hh, &(struct probe_spec){ .program = host_detail_sh,
			    .args = args,
			    .max = asked->form == DETAIL_BRIEF ? BRIEF_MAX : DETAIL_TEXT,
			    .timeout_ms = ANSWER_MS,
			    .done = on_answer,
			    .user = a });
}
