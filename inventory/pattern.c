#include "inventory/pattern.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/nodeset.h"

#include <ctype.h>
#include <string.h>

#define RANGES_MAX 16

struct range {
	int64_t from, to, step;
	int width;    /* 0: not padded */
	bool letters; /* positions in the alphabet */
};

struct expander {
	int (*each)(void *user, const char *name, struct err *err);
	void *user;
	size_t made;
	struct buf name;
};

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* begin:end or begin:end:step, in pieces that are the text's own. */
static size_t
split_range(char *text, const char *part[3])
{
	size_t n = 0;

	part[n++] = text;
	for (char *p = text; *p; p++) {
		if (*p != ':')
			continue;
		if (n == 3)
			return 0;
		*p = '\0';
		part[n++] = p + 1;
	}
	return n;
}

static bool
is_letter(const char *s)
{
	return isalpha((unsigned char)s[0]) && !s[1];
}

static int
read_range(char *text, struct range *r, struct err *err)
{
	const char *part[3] = { NULL };
	autofree char *whole = xstrdup(text);
	size_t n = split_range(text, part);
	const char *from, *to;

	*r = (struct range){ .step = 1 };
	if (n < 2)
		return err_set(err, OUTCOME_INPUT,
		    "[%.40s] is no range of Ansible's, which is [begin:end] or [begin:end:step]",
		    whole);
	from = *part[0] ? part[0] : "0";
	to = part[1];
	if (n == 3 && !str_int(part[2], 1, INT32_MAX, &r->step))
		return err_set(err, OUTCOME_INPUT, "[%.40s]: the step is a number from 1", whole);
	if (is_letter(from) && is_letter(to)) {
		r->letters = true;
		r->from = strchr(alphabet, *from) - alphabet;
		r->to = strchr(alphabet, *to) - alphabet;
	} else if (!str_int(from, 0, INT64_MAX / 2, &r->from) ||
		   !str_int(to, 0, INT64_MAX / 2, &r->to)) {
		return err_set(err, OUTCOME_INPUT,
		    "[%.40s]: a range runs between two numbers or two letters", whole);
	}
	if (r->from > r->to)
		return err_set(err, OUTCOME_INPUT, "the range [%.40s] runs backwards", whole);
	if (!r->letters && from[0] == '0' && from[1]) {
		r->width = (int)strlen(from);
		if (strlen(to) != strlen(from))
			return err_set(err, OUTCOME_INPUT,
			    "[%.40s]: a range that begins with 0 has ends of equal length", whole);
	}
	return 0;
}

/* The name so far, then what of the pattern is left; the depth is bounded by RANGES_MAX. */
static int
expand(struct expander *x, const char *rest, int depth, struct err *err)
{
	size_t head = strcspn(rest, "["), mark = x->name.len;
	const char *shut = strchr(rest, ']');
	struct range r;

	buf_add(&x->name, rest, head);
	if (!rest[head]) {
		if (++x->made > NODESET_MAX)
			return err_set(
			    err, OUTCOME_INPUT, "this means more than %d hosts", NODESET_MAX);
		return x->each(x->user, buf_text(&x->name), err);
	}
	if (!shut || shut < rest + head || depth == RANGES_MAX)
		return err_set(err, OUTCOME_INPUT,
		    depth == RANGES_MAX ? "too many ranges" : "a bracket is not closed");
	autofree char *inside = xmemdup0(rest + head + 1, (size_t)(shut - rest) - head - 1);
	if (read_range(inside, &r, err) < 0)
		return -1;
	size_t before = x->name.len;
	for (int64_t i = r.from; i <= r.to; i += r.step) {
		x->name.len = before;
		if (r.letters)
			buf_addc(&x->name, alphabet[i]);
		else
			buf_addf(&x->name, "%0*lld", r.width, (long long)i);
		if (expand(x, shut + 1, depth + 1, err) < 0)
			return -1;
	}
	x->name.len = mark;
	return 0;
}

/* Where a port begins: behind the last colon, when all before it is one name or in brackets. */
static const char *
port_of(const char *s, size_t *name_from, size_t *name_len)
{
	const char *colon = strrchr(s, ':');
	bool inside = false;

	*name_from = 0;
	*name_len = strlen(s);
	if (!colon || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return NULL;
	for (const char *p = s; p < colon; p++) {
		if (*p == '[' || *p == ']')
			inside = *p == '[';
		else if (*p == ':' && !inside)
			return NULL;
	}
	if (inside)
		return NULL;
	*name_len = (size_t)(colon - s);
	/* [::1]:22 and [web1]:22: brackets round the whole name, not a range */
	if (*s == '[' && colon[-1] == ']' && !memchr(s + 1, '[', *name_len - 1)) {
		*name_from = 1;
		*name_len -= 2;
	}
	return colon + 1;
}

int
pattern_expand(const char *pattern, int *ret_port,
    int (*each)(void *user, const char *name, struct err *err), void *user, struct err *err)
{
	struct expander x = { .each = each, .user = user, .name = BUF_INIT(NODESET_NAME_MAX) };
	size_t from, len;
	const char *port = port_of(pattern, &from, &len);
	int64_t number = 0;

	if (port && !str_int(port, 1, 65535, &number))
		return err_set(err, OUTCOME_INPUT, "\"%.40s\" is no port (1 to 65535)", port);
	*ret_port = (int)number;
	autofree char *name = xmemdup0(pattern + from, len);
	int rc = expand(&x, name, 0, err);
	buf_fini(&x.name);
	return rc;
}
