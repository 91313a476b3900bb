#include "base/vt.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

#define ESC 0x1b
#define DEL 0x7f
#define CAN 0x18
#define SUB 0x1a
#define BEL 0x07

struct feeder {
	struct vt *vt;
	void (*token)(void *user, const struct vt_token *t);
	void *user;
};

void
vt_init(struct vt *v)
{
	*v = (struct vt){ .state = VT_GROUND };
}

static void
tell(const struct feeder *f, const struct vt_token *t)
{
	f->token(f->user, t);
}

static void
tell_text(const struct feeder *f, const char *p, size_t n)
{
	if (n > 0)
		tell(
		    f, &(struct vt_token){ .kind = VT_TEXT, .text = p, .len = n, .arguments = "" });
}

static void
end_part(const struct feeder *f)
{
	tell_text(f, f->vt->part, f->vt->part_len);
	f->vt->part_len = 0;
}

/* Text, of which the end may be the beginning of a character. */
static void
take_text(const struct feeder *f, const char *p, size_t n)
{
	struct vt *v = f->vt;
	size_t whole;

	while (v->part_len > 0 && n > 0) {
		char joined[5];

		memcpy(joined, v->part, v->part_len);
		joined[v->part_len] = *p;
		whole = utf8_whole(joined, v->part_len + 1);
		if (whole == 0) {
			v->part[v->part_len++] = *p;
		} else if (utf8_valid(joined, v->part_len + 1)) {
			tell_text(f, joined, v->part_len + 1);
			v->part_len = 0;
		} else {
			/* Its rest did not come: this byte begins something else. */
			end_part(f);
			break;
		}
		p++;
		n--;
	}
	whole = utf8_whole(p, n);
	tell_text(f, p, whole);
	if (n > whole) {
		v->part_len = n - whole;
		memcpy(v->part, p + whole, v->part_len);
	}
}

static void
begin(struct vt *v, enum vt_state state)
{
	v->state = state;
	v->spoilt = false;
	v->middle = v->private = '\0';
	v->count = 0;
	v->arguments[0] = '\0';
}

static void
end_sequence(const struct feeder *f, enum vt_kind kind, char final)
{
	struct vt *v = f->vt;
	const struct vt_token t = { .kind = kind,
		.final = final,
		.middle = v->middle,
		.private = v->private,
		.arguments = v->arguments };

	v->state = VT_GROUND;
	if (!v->spoilt)
		tell(f, &t);
}

static void
take_control(const struct feeder *f, char c)
{
	tell(f, &(struct vt_token){ .kind = VT_CONTROL, .final = c, .arguments = "" });
}

static void
take_middle(struct vt *v, char c)
{
	v->spoilt = v->spoilt || v->middle;
	v->middle = c;
}

static bool
opens_string(char c)
{
	return c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X';
}

static void
in_escape(const struct feeder *f, char c)
{
	struct vt *v = f->vt;

	if (c >= 0x20 && c <= 0x2f) {
		take_middle(v, c);
	} else if (v->middle == '\0' && c == '[') {
		begin(v, VT_IN_CSI);
	} else if (v->middle == '\0' && opens_string(c)) {
		begin(v, VT_IN_STRING);
		v->opener = c;
	} else {
		end_sequence(f, VT_ESCAPE, c);
	}
}

static void
in_csi(const struct feeder *f, char c)
{
	struct vt *v = f->vt;

	if (c >= 0x40) {
		end_sequence(f, VT_CSI, c);
	} else if (c <= 0x2f) {
		take_middle(v, c);
	} else if (c >= '<') {
		v->spoilt = v->spoilt || v->count > 0 || v->private || v->middle;
		v->private = c;
	} else if (v->count == VT_ARGUMENTS || v->middle) {
		v->spoilt = true;
	} else {
		v->arguments[v->count++] = c;
		v->arguments[v->count] = '\0';
	}
}

static void
end_string(const struct feeder *f)
{
	end_sequence(f, VT_STRING, f->vt->opener);
}

/* A byte while a sequence or a string is open. */
static void
in_sequence(const struct feeder *f, char c)
{
	struct vt *v = f->vt;
	bool string = v->state == VT_IN_STRING || v->state == VT_IN_STRING_ESCAPE;

	if (v->state == VT_IN_STRING_ESCAPE && c == '\\') {
		end_string(f);
	} else if (v->state == VT_IN_STRING_ESCAPE) {
		/* The string was broken off; another sequence has begun. */
		begin(v, VT_IN_ESCAPE);
		in_sequence(f, c);
	} else if (c == CAN || c == SUB) {
		v->state = VT_GROUND;
	} else if (c == ESC && string) {
		v->state = VT_IN_STRING_ESCAPE;
	} else if (c == ESC) {
		begin(v, VT_IN_ESCAPE);
	} else if (string) {
		if (c == BEL)
			end_string(f);
	} else if ((unsigned char)c < 0x20) {
		take_control(f, c);
	} else if ((unsigned char)c >= DEL) {
		v->spoilt = v->spoilt || c != DEL;
	} else if (v->state == VT_IN_ESCAPE) {
		in_escape(f, c);
	} else {
		in_csi(f, c);
	}
}

static bool
is_text(char c)
{
	return (unsigned char)c >= 0x20 && c != DEL;
}

void
vt_feed(struct vt *v, const void *p, size_t n, void (*token)(void *user, const struct vt_token *t),
    void *user)
{
	const struct feeder f = { v, token, user };
	const char *at = p, *end = at + n;

	while (at < end) {
		const char *from = at;

		if (v->state != VT_GROUND) {
			in_sequence(&f, *at++);
			continue;
		}
		while (at < end && is_text(*at))
			at++;
		if (at > from) {
			take_text(&f, from, (size_t)(at - from));
			continue;
		}
		end_part(&f);
		if (*at == ESC)
			begin(v, VT_IN_ESCAPE);
		else
			take_control(&f, *at);
		at++;
	}
}

void
vt_end(struct vt *v, void (*token)(void *user, const struct vt_token *t), void *user)
{
	const struct feeder f = { v, token, user };

	end_part(&f);
	v->state = VT_GROUND;
}

int
vt_argument(const struct vt_token *t, int i, int otherwise)
{
	const char *s = t->arguments;
	int n = 0;

	for (; i > 0; i--) {
		s += strcspn(s, ";");
		if (*s++ == '\0')
			return otherwise;
	}
	if (*s < '0' || *s > '9')
		return otherwise;
	for (; *s >= '0' && *s <= '9' && n <= 9999; s++)
		n = n * 10 + (*s - '0');
	return n <= 9999 ? n : otherwise;
}
