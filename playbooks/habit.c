#include "playbooks/habit.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const struct {
	const char *word, *hint;
} keys[] = {
	{ "apt", "packages are installed by package:" },
	{ "dnf", "packages are installed by package:" },
	{ "yum", "packages are installed by package:" },
	{ "shell", "commands are run by run: (a line of shell, or a list of arguments)" },
	{ "command", "commands are run by run: (a line of shell, or a list of arguments)" },
	{ "raw", "commands are run by run: (a line of shell, or a list of arguments)" },
	{ "systemd", "service: starts what is there, unit: installs a unit of your own" },
	{ "systemd_service", "service: starts what is there, unit: installs a unit of your own" },
	{ "lineinfile", "whole files are kept, by file: or template:, not lines of them" },
	{ "blockinfile", "whole files are kept, by file: or template:, not lines of them" },
	{ "replace", "whole files are kept, by file: or template:, not lines of them" },
	{ "synchronize", "trees of files are sent by copy:" },
	{ "group", "groups are said inside user:, owners of files inside file:" },
	{ "docker_container", "containers are kept by container:" },
	{ "podman_container", "containers are kept by container:" },
	{ "notify", "what follows a change is said by then:" },
	{ "listen", "what follows a change is said by then:" },
	{ "handlers", "what follows a change is said by then: beside the task" },
	{ "register", "there is no such thing: a task's output is no variable" },
	{ "debug", "there is no such thing: plan shows what would change" },
	{ "set_fact", "there is no such thing: say vars: beside the task" },
	{ "wait_for", "drover waits by wait:" },
	{ "include_tasks", "tasks of another file come by include:" },
	{ "import_tasks", "tasks of another file come by include:" },
	{ "roles", "tasks of other files come by include:" },
	{ "block", "tasks that belong together stand in a file of their own, with include:" },
	{ "with_items", "a task is repeated by loop:" },
	{ "changed_when", "run: has creates:, and unchanged: for what changes nothing" },
	{ "become", "say become in the inventory" },
	{ "become_user", "say become in the inventory; as: beside a task is whose unit it is" },
	{ "remote_user", "say user in the inventory" },
	{ "gather_facts", "facts are asked for when something uses them" },
	{ "serial", "how many at a time is said by rollout: {batch: N}" },
	{ "validate", "it belongs inside: file: {..., validate: [...]}" },
	{ "content", "it belongs inside: file: {path: ..., content: ...}" },
	{ "dest", "it is called path: here" },
	{ "owner", "it belongs inside the task: file: {..., owner: ...}" },
	{ "mode", "it belongs inside the task: file: {..., mode: ...}" },
};

static const struct {
	const char *name, *word, *hint;
} words[] = {
	{ "state", "directory", "a directory is kept by dir:" },
	{ "state", "link", "a link is kept by link:" },
	{ "state", "touch", "an empty file is content: \"\"" },
	{ "state", "file", "that is so without state:" },
	{ "state", "installed", "here it is called present" },
	{ "state", "removed", "here it is called absent" },
	{ "state", "running", "here it is called started" },
};

/* Of ansible.builtin.apt the last part. */
const char *
habit_of_key(const char *key)
{
	const char *dot = strrchr(key, '.');

	for (size_t i = 0; i < countof(keys); i++)
		if (str_eq(keys[i].word, dot ? dot + 1 : key))
			return keys[i].hint;
	return NULL;
}

const char *
habit_of_word(const char *name, const char *word)
{
	for (size_t i = 0; i < countof(words); i++) {
		const char *const one[] = { words[i].word, NULL };

		if (str_eq(words[i].name, name) && str_nearest(word, one))
			return words[i].hint;
	}
	return NULL;
}
