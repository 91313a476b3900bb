#include "remote/greeting.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

void
greeting_add(char *why, size_t size, const char *line)
{
	size_t n = strlen(why);
	const char *meant = "";

	if (!line || !*line)
		return;
	/* The words of OpenSSH 9.8 and later, whatever its reason. */
	if (str_eq(line, "Not allowed at this time"))
		meant =
		    " (OpenSSH's MaxStartups or PerSourcePenalties: too many logins at once, or "
		    "of late too many from this address that came to nothing)";
	snprintf(why + n, size - n, "; it says: %s%s", line, meant);
}
