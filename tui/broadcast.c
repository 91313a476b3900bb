#include "tui/broadcast.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/terms_rules.h"

#include <string.h>

#define PREVIEW_BYTES 400 /* of one line */

bool
broadcast_takes(enum broadcast_mode mode, const struct broadcast_pane *p)
{
	if (!p->live)
		return false;
	switch (mode) {
	case BROADCAST_OFF:
		return p->focused;
	case BROADCAST_MARKED:
		return p->in && !p->held;
	case BROADCAST_ALL:
		return !p->held && (p->pet ? p->in : !p->out);
	}
	return false;
}

void
broadcast_tally(enum broadcast_mode mode, const struct broadcast_pane *panes, size_t count,
    struct broadcast_count *ret)
{
	*ret = (struct broadcast_count){ .panes = count };
	for (size_t i = 0; i < count; i++) {
		bool takes = broadcast_takes(mode, &panes[i]);

		ret->live += panes[i].live;
		ret->takers += takes;
		ret->unseen += takes && !panes[i].seen;
		ret->pets += panes[i].live && panes[i].pet && !panes[i].in;
	}
}

static void
drop_last(struct broadcast_line *l)
{
	while (l->len && (l->text[l->len - 1] & 0xc0) == 0x80)
		l->len--;
	l->len -= l->len > 0;
}

/* What moves within a line is not followed: what the screens show is looked at too. */
void
broadcast_key(struct broadcast_line *l, const char *key, bool printable)
{
	if (printable) {
		const char *text = str_eq(key, "space") ? " " : key;
		size_t n = strlen(text);

		if (l->len + n < sizeof(l->text)) {
			memcpy(l->text + l->len, text, n);
			l->len += n;
		}
	} else if (str_eq(key, "backspace")) {
		drop_last(l);
	} else if (str_eq(key, "ctrl-w")) {
		while (l->len && l->text[l->len - 1] == ' ')
			l->len--;
		while (l->len && l->text[l->len - 1] != ' ')
			l->len--;
	} else if (str_eq(key, "enter") || str_eq(key, "ctrl-u") || str_eq(key, "ctrl-c")) {
		l->len = 0;
	}
	l->text[l->len] = '\0';
}

static bool
has_controls(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || c == '\r' || c == '\t')
			continue;
		if (c < 32 || c == 127)
			return true;
		if (c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0)
			return true;
	}
	return !utf8_valid(text, len);
}

/* The line that begins at *at, without its end; *at goes behind that. A terminal sends CR for the
 * end of a line of a paste, or what was copied: CR, LF and CRLF are one end each. */
static bool
next_line(const char *text, size_t len, size_t *at, size_t *ret_len)
{
	size_t end = *at;

	if (end >= len)
		return false;
	while (end < len && text[end] != '\n' && text[end] != '\r')
		end++;
	*ret_len = end - *at;
	if (end + 1 < len && text[end] == '\r' && text[end + 1] == '\n')
		end++;
	*at = end + 1;
	return true;
}

size_t
broadcast_lines(const char *text, size_t len)
{
	size_t count = 0, at = 0, n;

	while (next_line(text, len, &at, &n))
		count++;
	return count;
}

enum broadcast_ask
broadcast_judge_line(
    const struct terms_rules *r, const char *line, size_t takers, const char **ret_why)
{
	*ret_why = takers > 1 ? terms_rules_match(r, line) : NULL;
	return *ret_why ? BROADCAST_DANGER : BROADCAST_FREE;
}

enum broadcast_ask
broadcast_judge_paste(
    const struct terms_rules *r, const char *text, size_t len, size_t takers, const char **ret_why)
{
	size_t at = 0, begin = 0, n;

	*ret_why = NULL;
	if (takers < 2)
		return BROADCAST_FREE;
	for (; next_line(text, len, &at, &n); begin = at) {
		autofree char *line = xmemdup0(text + begin, n);

		if (broadcast_judge_line(r, line, takers, ret_why) == BROADCAST_DANGER)
			return BROADCAST_DANGER;
	}
	if (has_controls(text, len))
		return BROADCAST_CONTROLS;
	return memchr(text, '\n', len) || memchr(text, '\r', len) ? BROADCAST_LINES
								  : BROADCAST_FREE;
}

char *
broadcast_preview(const char *text, size_t len, size_t lines)
{
	struct buf b = BUF_INIT(lines * (PREVIEW_BYTES * 10 + 2) + 200);
	size_t shown = 0, all = 0, at = 0, begin = 0, n;

	for (; next_line(text, len, &at, &n); all++, begin = at) {
		if (shown < lines) {
			buf_adds(&b, "  ");
			utf8_clean_line(&b, text + begin, n < PREVIEW_BYTES ? n : PREVIEW_BYTES);
			buf_adds(&b, n > PREVIEW_BYTES ? " ...\n" : "\n");
			shown++;
		}
	}
	if (all > shown)
		buf_addf(&b, "  ... and %zu more\n", all - shown);
	return b.len ? buf_detach(&b, NULL) : xstrdup("");
}

bool
broadcast_is_idle(
    const struct terms_rules *r, enum broadcast_mode mode, int64_t typed_ms, int64_t now_ms)
{
	return mode != BROADCAST_OFF && r->idle_ms && now_ms - typed_ms >= r->idle_ms;
}

bool
broadcast_names_user(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '%' && p[1] && *++p == 'u')
			return true;
	}
	return false;
}

void
broadcast_expand(const char *text, const struct broadcast_who *who, struct buf *to)
{
	for (const char *p = text; *p; p++) {
		if (*p != '%' || !p[1]) {
			buf_addc(to, *p);
			continue;
		}
		switch (*++p) {
		case 'h':
			buf_adds(to, who->host);
			break;
		case 'u':
			buf_adds(to, who->user);
			break;
		case 'n':
			buf_addf(to, "%u", who->number);
			break;
		case '%':
			buf_addc(to, '%');
			break;
		default:
			buf_addc(to, '%');
			buf_addc(to, *p);
		}
	}
}
