#include "playbooks/read_rollout.h"

#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/playbook.h"

#include <string.h>

/* A number, or a share of the hosts: 3, 25%. */
static void
read_count(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct count_or_percent *ret)
{
	size_t len = n->kind == YAML_SCALAR ? n->len : 0;
	char number[12] = "";
	bool percent = len > 0 && n->text[len - 1] == '%';

	len -= percent;
	if (len > 0 && len < sizeof(number))
		memcpy(number, n->text, len);
	ret->percent = percent;
	ret->said = str_int(number, 0, percent ? 100 : 100000, &ret->n);
	if (!ret->said)
		diag_error(c->diag, n->mark,
		    "%s: a number of hosts (3) or a share of them (25%%) is wanted here", name);
}

#define COUNT(member)                                                                              \
	static void parse_##member(                                                                \
	    const struct field_context *c, const struct yaml_node *n, void *to)                    \
	{                                                                                          \
		read_count(c, #member, n, &((struct rollout *)to)->member);                        \
	}
COUNT(canary)
COUNT(batch)
COUNT(max_fail)
COUNT(max_unreachable)

static void
parse_on_failure(const struct field_context *c, const struct yaml_node *n, void *to)
{
	static const char *const choices[] = { "stop", "rollback", NULL };
	static const struct field field = {
		.name = "on_failure", .form = FORM_CHOICE, .choices = choices
	};
	const char *said = NULL;

	if (field_value(c, &field, n, &said))
		((struct rollout *)to)->rollback = str_eq(said, "rollback");
}

static void
parse_domain(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct rollout *r = to;

	if (!field_text(c, "domain", n, &r->domain))
		return;
	r->domain_mark = n->mark;
	if (!*r->domain ||
	    strspn(r->domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
		strlen(r->domain))
		diag_error(c->diag, n->mark,
		    "domain: the name of a variable or fact is wanted here (rack), not \"%.60s\"",
		    r->domain);
}

const struct field read_rollout_fields[] = {
	{ .name = "canary",
	    .form = FORM_CALL,
	    .parse = parse_canary,
	    .doc = "hosts that change before all others, 1 by default; 0: none" },
	{ .name = "batch",
	    .form = FORM_CALL,
	    .parse = parse_batch,
	    .doc = "hosts that change at a time, 25% by default; pets always change alone" },
	{ .name = "domain",
	    .form = FORM_CALL,
	    .parse = parse_domain,
	    .doc =
		"the variable or fact that says what fails together with a host (rack): the canary "
		"and the batches take hosts of as many as possible, and of one that has several "
		"hosts never all at once" },
	{ .name = "max_fail",
	    .form = FORM_CALL,
	    .parse = parse_max_fail,
	    .doc = "as soon as so many hosts of the run failed no other is started; 1 by default" },
	{ .name = "max_unreachable",
	    .form = FORM_CALL,
	    .parse = parse_max_unreachable,
	    .doc = "if so many hosts cannot be reached nothing is changed at all; 50% by default" },
	{ .name = "soak",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct rollout, soak_ms),
	    .doc = "how long a batch that is well is watched before the next; 0 by default" },
	{ .name = "on_failure",
	    .form = FORM_CALL,
	    .parse = parse_on_failure,
	    .doc = "stop, the default: what failed stays as it is, for a person to look at; "
		   "rollback: the host that failed and all that this run changed become what "
		   "they were" },
	{ 0 },
};

void
read_rollout(const struct field_context *c, const struct yaml_node *n, struct rollout *to)
{
	struct field_context mine = *c;

	mine.what = "rollout";
	to->said = field_read(&mine, read_rollout_fields, n, to);
	if (to->batch.said && to->batch.n == 0)
		diag_error(c->diag, n->mark, "batch: at least one host at a time");
}
