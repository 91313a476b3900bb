/* `limits:` of an app or a container. */
#include "base/yaml.h"
#include "playbooks/model.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"

#include <ctype.h>
#include <stdlib.h>

#define MEMORY_LEAST ((int64_t)16 << 20)

/* 0.5 processors are CPUQuota=50%. */
static void
parse_cpu(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_limits *limits = to;
	char *end = NULL;
	double cpu = n->kind == YAML_SCALAR && n->plain && isdigit((unsigned char)n->text[0])
			 ? strtod(n->text, &end)
			 : -1;

	if (!end || *end || cpu < 0.01 || cpu > 4096) {
		diag_error(c->diag, n->mark,
		    "cpu: a number of processors is wanted here (0.5), from 0.01 to 4096");
		return;
	}
	limits->cpu_percent = (int64_t)(cpu * 100 + 0.5);
}

const struct field read_app_limit_fields[] = {
	{ .name = "cpu",
	    .form = FORM_CALL,
	    .parse = parse_cpu,
	    .doc = "processors a replica may use: 0.5, 2" },
	{ FIELD_OF(FORM_SIZE, struct app_limits, memory),
	    .doc = "memory of a replica, what starts it included; at least 16M" },
	{ FIELD_OF(FORM_INT, struct app_limits, tasks), .min = 32, .max = 4000000,
	    .doc = "threads and processes of a replica, those that start it included" },
	{ FIELD_OF(FORM_INT, struct app_limits, io), .min = 1, .max = 10000,
	    .doc = "its share of a busy disk, as a weight from 1 to 10000; who says none has 100" },
	{ FIELD_OF(FORM_INT, struct app_limits, nofile), .min = 64, .max = 1048576,
	    .doc = "files that one of its processes may have open" },
	{ 0 },
};

void
read_app_limits(const struct field_context *c, const struct yaml_node *n, struct app_limits *ret)
{
	struct field_context mine = *c;

	mine.what = "limits";
	if (field_read(&mine, read_app_limit_fields, n, ret) && ret->memory &&
	    ret->memory < MEMORY_LEAST)
		diag_error(c->diag, n->mark, "limits: memory under 16M cannot start a container");
}

void
read_app_limits_of(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_app_limits(c, n, &((struct app_decl *)to)->limits);
}
