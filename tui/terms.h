/*
 * The terminals that are open: one pane each, what is typed into them, what sets them apart.
 *
 * Owns its panes, which live on whatever screen is looked at. Hosts are behind struct terms_link: the console joins
 * it to real ones, a test to none. Its members are there to be read; only the functions change them.
 */
#ifndef DROVER_TUI_TERMS_H
#define DROVER_TUI_TERMS_H

#include "base/buf.h"
#include "base/err.h"
#include "tui/broadcast.h"
#include "tui/diverge.h"
#include "tui/terms_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pane;
struct terms;
struct terms_line; /* a terminal on a host, of whoever made the link */
struct terms_pane;

#define TERMS_MOST 200

enum terms_kind { TERMS_SHELL, TERMS_ROOT, TERMS_CONTAINER, TERMS_JOURNAL };

/* What the inventory says of transcripts. */
enum terms_policy { TERMS_RECORD_ASKED, TERMS_RECORD_ALWAYS, TERMS_RECORD_NEVER };

/* What there is to know of a host before it is reached. Borrowed for the call. */
struct terms_about {
	const char *user;
	const char
	    *names[DIVERGE_NAMES]; /* its own, as they may stand on its screen; ended by NULL */
	bool pet;
	enum terms_policy policy;
};

struct terms_link {
	void *user;
	bool (*about)(
	    void *user, const char *host, struct terms_about *ret); /* false: no such host */
	/* Runs command (NULL: the login's shell) on a terminal there. What comes is told by terms_began(),
	 * terms_data() and, last, terms_ended(); none of them from inside. */
	struct terms_line *(*open)(
	    void *user, struct terms_pane *p, const char *command, bool become);
	void (*close)(struct terms_line *l);
	int (*write)(
	    struct terms_line *l, const void *bytes, size_t len); /* -1: full, none of it */
	size_t (*pending)(const struct terms_line *l);
	void (*resize)(struct terms_line *l, int rows, int cols);
	void (*pause)(struct terms_line *l, bool on);
	/* Somebody typed there, the first time since it was opened. */
	void (*typed)(struct terms_line *l);
	/* What its terminal shows is kept from here on, behind the text, or no more; one that is not begun yet is
	 * kept from its beginning. What becomes of it is told by terms_recording(), also from inside. */
	void (*record)(struct terms_line *l, bool on, const char *shown, size_t len);
	void (*wake)(
	    void *user, int64_t ms); /* terms_work() is to be called in so many ms, or sooner */
	void (*changed)(void *user); /* what is shown is another */
	void (*say)(void *user, bool bad, const char *text);
	int64_t (*now_ms)(void *user);
};

enum terms_state { TERMS_OPENING, TERMS_LIVE, TERMS_LOST, TERMS_ENDED };

struct terms_pane {
	struct terms *terms;
	char *host, *user, *names[DIVERGE_NAMES];
	bool pet;
	enum terms_kind kind;
	char *what; /* the container, the unit; NULL: neither */
	unsigned number;
	struct pane *pane;
	struct terms_line *line; /* NULL: none any more */
	enum terms_state state;
	struct err err; /* LOST: why */
	int status;     /* ENDED; -1: by signal */
	char signal[16];
	int rows, cols;
	bool in, out; /* of a broadcast, by hand */
	bool seen;    /* on the screen */
	bool typed;
	enum terms_policy policy;
	bool record, recording; /* it is to be, in whatever line it has; it is */
	struct buf raw;         /* came, and is not on its screen yet; from `taken` on */
	size_t taken, fed;
	bool paused;
	int64_t frame_ms; /* since when `fed` is counted */
	int64_t data_ms;  /* when the last of it came */
	int64_t lag_ms;   /* since when what was typed waits; 0: nothing does */
	uint64_t refused; /* bytes typed that there was no room for */
	bool asked;       /* it had the last Enter of a broadcast */
	int64_t since;    /* its line then; -1: all of its screen is compared */
	bool differs;
	size_t group; /* equal to those of the same number; of all live panes */
	bool leads;   /* the first of its group */
};

struct terms {
	const struct terms_link *link;
	struct terms_rules rules;
	struct terms_pane **panes;
	size_t count, cap, focus;
	unsigned numbers;
	enum broadcast_mode mode;
	bool fold;     /* equal panes are one */
	bool hold_odd; /* what differs is not fed */
	int64_t typed_ms;
	struct broadcast_line line;
	int64_t
	    entered_ms; /* of the last Enter of a broadcast; 0: it was compared, or there was none */
	int64_t compared_ms;
	bool stale;  /* something came since then */
	size_t turn; /* whose bytes are looked at first */
	struct terms_slow {
		struct terms_pane **panes; /* NULL: dropped meanwhile */
		size_t count, next;
		char *text; /* typed before Enter; NULL: it is there already */
		int64_t due_ms;
	} slow;
};

/* Link is borrowed; rules are taken. */
struct terms *terms_new(const struct terms_link *link, struct terms_rules *rules);
void terms_free(struct terms *t);

/* A pane for each host that has none of that kind yet; the first of them has the focus. Returns how many are new;
 * SIZE_MAX: one of the names is no host, or there are too many; nothing is opened and err says so. */
size_t terms_add(struct terms *t, const char *const *hosts, size_t count, enum terms_kind kind,
    const char *what, struct err *err);
void terms_drop(struct terms *t, size_t i);
/* Anew in its pane, which keeps its lines. */
void terms_reconnect(struct terms *t, size_t i);
/* The pane is to be something else on the same host. */
void terms_become(struct terms *t, size_t i, enum terms_kind kind, const char *what);
/* On the screen or not, and of this size; rows 0: as it is. */
void terms_place(struct terms *t, size_t i, bool seen, int rows, int cols);

/* "web1", "web1 root", "web1 site-0 (container)". */
void terms_title(const struct terms_pane *p, char *to, size_t size);
bool terms_is_live(const struct terms_pane *p);

/* What the link tells. */
void terms_began(struct terms_pane *p);
void terms_data(struct terms_pane *p, const void *bytes, size_t len);
void terms_ended(struct terms_pane *p, const struct err *err, int status, const char *signal);

/* terms_send.c: what is typed. All that receive it have it in one pass. */
void terms_set_mode(struct terms *t, enum broadcast_mode mode);
bool terms_takes(const struct terms *t, size_t i);
void terms_count(const struct terms *t, struct broadcast_count *ret);
/* The takers as a node set; caller frees. */
char *terms_takers(const struct terms *t);
bool terms_key(struct terms *t, const char *name, bool printable);
void terms_paste(struct terms *t, const char *text, size_t len);
void terms_insert(struct terms *t, const char *text); /* %h %u %n are filled in for each */
/* The first host that would get a text with %u, and of which nobody has said who is logged in there; NULL: none. */
const char *terms_nameless(const struct terms *t, const char *text);
/* Would Enter now do what is asked about? The line is of the one that has the pattern; caller frees it. */
enum broadcast_ask terms_judge_enter(const struct terms *t, const char **ret_why, char **ret_line);
/* Text, unless NULL, and Enter: to one after the other, with the time of the rules between them. */
void terms_slowly(struct terms *t, const char *text);
void terms_slow_stop(struct terms *t);

/* terms_record.c: the panes that would receive what is typed are recorded from here on, or, where all of them
 * are, no more. */
struct terms_recorded {
	bool on;
	size_t changed;
	size_t never, always; /* of them, where the inventory says so: they are as they were */
};
void terms_record(struct terms *t, struct terms_recorded *ret);
/* The link tells: it is kept, or not; why (NULL: as was asked) it is not any more. */
void terms_recording(struct terms_pane *p, bool on, const char *why);

/* terms_work.c: what is to be done from time to time. */
void terms_work(struct terms *t);
/* terms_compare.c: panes against one another. */
void terms_compare(struct terms *t);
/* As node sets: those that differ, and those they differ from; callers free. False: none does. */
bool terms_differ(const struct terms *t, char **ret_odd, char **ret_rest);
/* The hosts that a folded pane stands for; caller frees. */
char *terms_group(const struct terms *t, size_t i);
/* Of the screens of two panes; caller frees. NULL: they are equal. */
char *terms_diff(const struct terms *t, size_t a, size_t b);

#endif
