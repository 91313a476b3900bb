/*
 * One unit or container of a host, looked at closely: why it failed, its file, its last log lines.
 *
 * detail_parse() is pure; detail_ask() asks the host, by the program engine/host/detail.sh, which
 * changes nothing there. All of it is remote data and is capped here and cleaned where it is shown.
 */
#ifndef DROVER_ENGINE_DETAIL_H
#define DROVER_ENGINE_DETAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct herd_host;

#define DETAIL_LOGS   40
#define DETAIL_MOUNTS 16
#define DETAIL_TEXT   (1U << 20) /* the most that a description or a file may have */

enum detail_kind { DETAIL_UNIT, DETAIL_CONTAINER };

struct detail_line {
	int64_t at_s; /* the host's wall clock; 0: not told */
	char *text;
};

/* Owns its texts; what was not told is "", NULL, or -1. */
struct detail {
	int64_t pid, memory, tasks;
	int exit_status, restarts, restarts_max;
	char result[32]; /* "exit-code"; "": nothing is wrong */
	char state[16];  /* of a container */
	char enabled[24], user[33], driver[16];
	char *file, *drop_ins, *needs, *triggers, *triggered_by, *command;
	char *image, *image_id, *error;
	char *mounts[DETAIL_MOUNTS];
	size_t mount_count;
	struct detail_line *logs;
	size_t log_count;
};

void detail_fini(struct detail *d);

/* d is zeroed, or ended. Kind FAILED when the text is not what the program prints. */
int detail_parse(struct detail *d, const char *text, size_t len, struct err *err);

enum detail_form {
	DETAIL_BRIEF,    /* for detail_parse() */
	DETAIL_DESCRIBE, /* all its properties, for people */
	DETAIL_FILE      /* the files it is made of */
};

struct detail_asked {
	enum detail_form form;
	enum detail_kind kind;
	const char *user; /* whose it is; "": the system's */
	const char *name;
	/* text is borrowed for the call; err kind OK when it is whole. */
	void (*done)(void *to, const char *text, size_t len, const struct err *err);
	void *to;
};
void detail_ask(struct herd_host *hh, const struct detail_asked *asked);

#endif
