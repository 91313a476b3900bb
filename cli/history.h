/* What `drover history` prints: the rows of runs, and one run in full. */
#ifndef DROVER_CLI_HISTORY_H
#define DROVER_CLI_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct err;
struct ledger;
struct ledger_row;

/* A run in one word or a few: how its hosts ended. Caller frees. */
char *history_summary(struct ledger *l, const struct ledger_row *row);

/* One run as a JSON object a line. */
void history_json(struct call *c, const struct ledger_row *row);

/* Everything about one run: hosts, steps, warnings, what the hosts said. The exit code. */
int history_show(struct call *c, struct ledger *l, const char *run);

/* One run into a file (path NULL: onto standard output): its events as JSON lines, or its results as JUnit.
 * The exit code. */
struct history_export {
	const char *run, *path;
	bool junit;
};
int history_export(struct call *c, struct ledger *l, const struct history_export *what);

/* What is different between two runs. The exit code. */
int history_diff(struct call *c, struct ledger *l, const char *a, const char *b);

/* The versions of one file on one host, as its acts remember them; or the contents of one (show), or the
 * difference of two (from, to): numbers from 1, 0: not asked for. The exit code. */
struct history_file {
	const char *host, *path;
	int64_t show, from, to;
};
int history_file(struct call *c, const struct history_file *what);

/* A terminal that a run recorded: played here, as text (also where standard output is no terminal), or as an
 * asciicast into a file. The exit code. */
struct history_play {
	const char *run, *host;
	int64_t number;  /* which terminal of that host, from 1; 0: not said */
	double speed;    /* 1: as it was */
	int64_t idle_ms; /* no wait is longer; 0: as it was */
	bool text;
	const char *cast; /* the file, - for standard output; NULL: none */
};
int history_play(struct call *c, struct ledger *l, const struct history_play *what);

/* Terminals that are played side by side, by whoever has a screen. */
struct history_sides {
	struct history_side {
		const char *host;
		/* A piece of the recording, freed by whoever asks; NULL with err: it cannot be had. */
		char *(*piece)(void *user, size_t i, size_t *ret_len, struct err *err);
		size_t pieces;
		void *user;
	} * list;
	size_t count;
	double speed;
	int64_t idle_ms;
};
/* The terminals of several hosts: side by side, or one after another as text where there is no screen. hosts are
 * names or node sets, count >= 1. The exit code. */
int history_play_sides(struct call *c, struct ledger *l, const struct history_play *what,
    char *const *hosts, size_t count);

/* The operands and options of `history play`. */
int history_play_words(
    struct call *c, struct ledger *l, struct history_play *what, const char *speed);

/* What old runs said, showed and wrote, taken out of the ledger: of those that ended so long ago (0: whenever) and
 * are not among the newest so many. The exit code. */
struct history_prune {
	int64_t older_ms, keep;
	bool dry;
};
int history_prune(struct call *c, const struct history_prune *how);

/* Local time to the second; to holds 20 bytes or more. */
void history_time(long long wall_ms, char *to, unsigned long size);

#endif
