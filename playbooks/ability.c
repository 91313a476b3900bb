#include "playbooks/ability.h"

#include "base/str.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One of the words of a text. */
static bool
has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; p && *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
			return true;
	}
	return false;
}

/* Of the bits that the kernel tells in hexadecimal. */
static bool
has_capability(const char *bits, int number)
{
	char *end = NULL;
	unsigned long long all = bits ? strtoull(bits, &end, 16) : 0;

	return end && end != bits && !*end && (all >> number & 1);
}

struct ability
ability_read(const char *(*fact)(void *user, const char *name), void *user)
{
	const char *controllers = fact(user, "cgroup-controllers");
	const char *weights = fact(user, "io-weights"), *seccomp = fact(user, "seccomp");
	const char *apparmor = fact(user, "apparmor"), *selinux = fact(user, "selinux");
	struct ability can = { .known = fact(user, "cgroup") && seccomp };

	can.cpu = has_word(controllers, "cpu");
	can.memory = has_word(controllers, "memory");
	can.tasks = has_word(controllers, "pids");
	can.io = has_word(controllers, "io");
	can.weights = weights && str_eq(weights, "yes");
	can.raises = has_capability(fact(user, "capabilities"), 24);
	can.seccomp = seccomp && str_eq(seccomp, "yes");
	can.apparmor = apparmor && str_eq(apparmor, "on");
	if (selinux && str_eq(selinux, "enforcing"))
		can.selinux = ABILITY_SELINUX_ENFORCING;
	else if (selinux && str_eq(selinux, "permissive"))
		can.selinux = ABILITY_SELINUX_PERMISSIVE;
	return can;
}
