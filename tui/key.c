#include "tui/key.h"

#include <ctype.h>
#include <string.h>

bool
key_matches(const char *binding, const char *name)
{
	size_t n = strlen(name);

	while (*binding) {
		size_t len = strcspn(binding, "|");

		if (len == 0)
			len = 1; /* the key "|" itself */
		if (len == n && strncmp(binding, name, n) == 0)
			return true;
		binding += len;
		if (*binding == '|')
			binding++;
	}
	return false;
}

const char *
key_label(const char *binding, char *to, size_t size)
{
	size_t len = strcspn(binding, "|");

	if (len == 0)
		len = 1;
	if (len >= size)
		len = size - 1;
	memcpy(to, binding, len);
	to[len] = '\0';
	if (len > 1 && islower((unsigned char)to[0]))
		to[0] = (char)toupper((unsigned char)to[0]);
	return to;
}
