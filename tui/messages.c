#include "tui/messages.h"

#include "base/buf.h"
#include "base/mem.h"

#include <time.h>

struct message {
	int64_t wall_ms;
	bool bad;
	char *text;
};

struct messages {
	struct message ring[MESSAGES_MAX];
	size_t next, count;
};

struct messages *
messages_new(void)
{
	return xcalloc(1, sizeof(struct messages));
}

void
messages_free(struct messages *m)
{
	for (size_t i = 0; m && i < MESSAGES_MAX; i++)
		free(m->ring[i].text);
	free(m);
}

void
messages_add(struct messages *m, int64_t wall_ms, bool bad, const char *text)
{
	struct message *to = &m->ring[m->next];

	free(to->text);
	*to = (struct message){ .wall_ms = wall_ms, .bad = bad, .text = xstrdup(text) };
	m->next = (m->next + 1) % MESSAGES_MAX;
	m->count += m->count < MESSAGES_MAX;
}

char *
messages_text(const struct messages *m)
{
	autobuf all = BUF_INIT(1 << 20);

	if (!m->count)
		buf_adds(&all, "nothing was said so far\n");
	for (size_t i = 0; i < m->count; i++) {
		const struct message *s = &m->ring[(m->next + MESSAGES_MAX - 1 - i) % MESSAGES_MAX];
		time_t at = (time_t)(s->wall_ms / 1000);
		struct tm tm;
		char clock[16];

		gmtime_r(&at, &tm);
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
		buf_addf(&all, "%sZ  %-5s  %s\n", clock, s->bad ? "error" : "", s->text);
	}
	return buf_detach(&all, NULL);
}
