#include "cli/place.h"

#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"

#include <string.h>

bool
place_split(struct call *c, const char *word, char **ret_set, char **ret_path)
{
	const char *colon = strchr(word, ':'), *close = NULL;

	/* "[::1]:x", but not "[1-3].example.org:x". */
	if (word[0] == '[')
		close = strstr(word, "]:");
	if (close && colon && colon < close) {
		*ret_set = xmemdup0(word + 1, (size_t)(close - word - 1));
		*ret_path = xstrdup(close + 2);
		return true;
	}
	if (!colon || colon == word) {
		call_usage(c, "%s: not SET:PATH", word);
		return false;
	}
	*ret_set = xmemdup0(word, (size_t)(colon - word));
	*ret_path = xstrdup(colon + 1);
	return true;
}

char *
place_name(const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
		;
	autofree char *name = xmemdup0(path + begin, end - begin);
	if (!*name || str_eq(name, ".") || str_eq(name, ".."))
		return NULL;
	return take(name);
}
