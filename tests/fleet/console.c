/*
 * The console driven by a script: `console COLSxROWS PROGRAM ARGUMENT...`, lines on standard input.
 *
 *   keys TEXT     type it; \r, \e, \t, \b and \^X stand for Enter, Escape, Tab, Backspace and Ctrl-X
 *   press KEY TEXT  wait for TEXT, which tells of the key, then type it as keys does
 *   pressed N     so many keys at most were typed until now
 *   wait TEXT     until the screen holds it
 *   gone TEXT     until it does not
 *   sh COMMAND    which must succeed
 *   show          print the screen
 *   end STATUS    until the program has ended with it
 *   killed SIGNAL until it has ended by that
 *   size COLSxROWS  the terminal has another size
 *   storm N SEED  so many random sizes, and what the program writes meanwhile is taken
 *   signal NUMBER to the program
 *   restored      the terminal's modes are what they were at the start
 *
 * What does not come to be in time ends it with status 1 and the screen on standard error.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define DEADLINE 60000 /* ms; a condition, not a timing */

static char
escaped(const char **p)
{
	char c = **p;

	++*p;
	if (c != '^')
		return c == 'r' ? '\r' : c == 'e' ? '\033' : c == 't' ? '\t' : c == 'b' ? 0x7f : c;
	c = (char)(**p & 0x1f);
	*p += **p != '\0';
	return c;
}

/* Returns how many keys that were. */
static size_t
keys(struct screen *s, const char *text)
{
	char bytes[1024];
	size_t n = 0;

	while (*text && n + 1 < sizeof(bytes)) {
		if (*text != '\\') {
			bytes[n++] = *text++;
			continue;
		}
		text++;
		bytes[n++] = escaped(&text);
	}
	bytes[n] = '\0';
	screen_type(s, bytes);
	return n;
}

static bool
press(struct screen *s, const char *rest, size_t *typed)
{
	autofree char *key = xmemdup0(rest, strcspn(rest, " "));

	if (!screen_wait(s, rest + strlen(key) + (rest[strlen(key)] == ' '), DEADLINE))
		return false;
	*typed += keys(s, key);
	return true;
}

static bool
resize(struct screen *s, const char *size)
{
	int rows = 0, cols = 0;

	if (sscanf(size, "%dx%d", &cols, &rows) != 2)
		return false;
	screen_resize(s, rows, cols);
	return true;
}

/* From 4 rows of 20 columns to 67 of 219. */
static bool
storm(struct screen *s, const char *how)
{
	unsigned count = 0, seed = 0;

	if (sscanf(how, "%u %u", &count, &seed) != 2)
		return false;
	for (unsigned i = 0; i < count; i++) {
		seed = seed * 1103515245 + 12345;
		screen_resize(s, 4 + (int)(seed >> 16) % 64, 20 + (int)(seed >> 8) % 200);
		screen_take(s, (int)(seed >> 24) % 8);
	}
	return true;
}

static bool
shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
obey(struct screen *s, const char *word, const char *rest, size_t *typed)
{
	if (str_eq(word, "keys")) {
		*typed += keys(s, rest);
	} else if (str_eq(word, "press")) {
		return press(s, rest, typed);
	} else if (str_eq(word, "pressed")) {
		return *typed <= strtoul(rest, NULL, 10);
	} else if (str_eq(word, "wait")) {
		return screen_wait(s, rest, DEADLINE);
	} else if (str_eq(word, "gone")) {
		return screen_wait_gone(s, rest, DEADLINE);
	} else if (str_eq(word, "sh")) {
		return shell(rest);
	} else if (str_eq(word, "end")) {
		int status = screen_wait_end(s, DEADLINE);

		return WIFEXITED(status) && WEXITSTATUS(status) == atoi(rest);
	} else if (str_eq(word, "killed")) {
		int status = screen_wait_end(s, DEADLINE);

		return WIFSIGNALED(status) && WTERMSIG(status) == atoi(rest);
	} else if (str_eq(word, "size")) {
		return resize(s, rest);
	} else if (str_eq(word, "storm")) {
		return storm(s, rest);
	} else if (str_eq(word, "signal")) {
		screen_signal(s, atoi(rest));
	} else if (str_eq(word, "restored")) {
		return screen_modes_restored(s);
	} else if (str_eq(word, "show")) {
		autofree char *text = screen_text(s);

		fputs(text, stdout);
		fflush(stdout);
	} else {
		return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	int rows = 0, cols = 0, code = 0, number = 0;
	size_t typed = 0;
	char line[2048];

	if (argc < 3 || sscanf(argv[1], "%dx%d", &cols, &rows) != 2) {
		fprintf(stderr, "usage: console COLSxROWS PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	struct screen *s =
	    screen_start((const char *const *)(uintptr_t)(argv + 2), NULL, rows, cols);
	while (code == 0 && fgets(line, sizeof(line), stdin)) {
		char *rest = line + strcspn(line, " \n");

		number++;
		line[strcspn(line, "\n")] = '\0';
		if (*rest)
			*rest++ = '\0';
		if (!*line || *line == '#' || obey(s, line, rest, &typed))
			continue;
		autofree char *text = screen_text(s);
		fprintf(stderr, "line %d: %s %s\n%s", number, line, rest, text);
		code = 1;
	}
	screen_free(s);
	return code;
}
