#include "inventory/sniff.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/ansible.h"

#include <ctype.h>
#include <string.h>

static const char *const own[] = { "groups", "defaults", "fleet", "environment", "known_hosts",
	NULL };

/* One line that is neither empty nor a comment, and where the text goes on; NULL at the end. */
static const char *
next_line(const char **p, const char *end, size_t *len)
{
	while (*p < end) {
		const char *line = *p, *stop = memchr(line, '\n', (size_t)(end - line));

		*p = stop ? stop + 1 : end;
		*len = (size_t)((stop ? stop : end) - line);
		while (*len && isspace((unsigned char)line[*len - 1]))
			--*len;
		if (*len && *line != '#' && *line != ';')
			return line;
	}
	return NULL;
}

/* [name], [name:vars], or a host with or without variables. */
static bool
looks_like_ini(const char *line, size_t len)
{
	const char *end = line + len;

	if (*line == '[')
		return len > 2 &&
		       (isalnum((unsigned char)line[1]) || line[1] == '_' || line[1] == ':') &&
		       memchr(line, ']', len);
	if (!isalnum((unsigned char)*line))
		return false;
	for (const char *p = line; p < end; p++) {
		if (*p == '=')
			return true;
		if (*p == ':' && (p + 1 == end || p[1] == ' '))
			return false;
	}
	return true;
}

static bool
is_key(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);

	return len > n && strncmp(line, key, n) == 0 && line[n] == ':';
}

/* drover's keys at the top, Ansible's group all there, or 0 for neither. */
static char
whose_keys(const char *text, size_t len)
{
	const char *end = text + len;
	char hosts = 0, found = 0;
	size_t n = 0;

	for (const char *line = next_line(&text, end, &n); line && !found;
	     line = next_line(&text, end, &n)) {
		for (size_t i = 0; own[i]; i++) {
			if (is_key(line, n, own[i]))
				found = 'd';
		}
		if (is_key(line, n, "hosts"))
			hosts = 'd';
		else if (!hosts && (is_key(line, n, "all") || is_key(line, n, "plugin")))
			found = 'a';
	}
	return found ? found : hosts;
}

/* Nothing, or a mapping with no other keys than a group of Ansible's has. */
static bool
is_group(const struct yaml_node *n)
{
	bool good = yaml_is_null(n) || n->kind == YAML_MAP;

	for (size_t i = 0; good && n->kind == YAML_MAP && i < n->count; i++) {
		const char *key = n->key[i]->text;

		good = str_eq(key, "hosts") || str_eq(key, "vars") || str_eq(key, "children");
	}
	return good;
}

/* Groups at the top, with hosts and children as mappings. */
static bool
is_ansible(const struct yaml_node *root)
{
	bool groups = root->kind == YAML_MAP && root->count;

	for (size_t i = 0; root->kind == YAML_MAP && i < root->count; i++) {
		const struct yaml_node *v = root->value[i], *children = yaml_find(v, "children");
		const char *key = root->key[i]->text;

		groups = groups && is_group(v);

		if (str_eq(key, "all") || (children && children->kind == YAML_MAP))
			return true;
		if (yaml_find(v, "hosts") || yaml_find(v, "vars"))
			return true;
	}
	return groups;
}

static bool
is_own(const struct yaml_node *root)
{
	for (size_t i = 0; own[i]; i++) {
		if (yaml_find(root, own[i]))
			return true;
	}
	return yaml_find(root, "hosts") != NULL;
}

/* Only the whole of it tells; its mistakes are told by whoever reads it then. */
static enum form
form_of_tree(const char *text, size_t len)
{
	struct arena *a = arena_new();
	struct diag unused;
	enum form form = FORM_DROVER;

	diag_init(&unused);
	const struct yaml_node *root = yaml_parse_ansible(a, "-", text, len, &unused);
	if (root && !is_own(root) && ansible_is_listing(root))
		form = FORM_ANSIBLE_LISTING;
	else if (root && !is_own(root) && is_ansible(root))
		form = FORM_ANSIBLE_YAML;
	diag_fini(&unused);
	arena_free(a);
	return form;
}

enum form
sniff_form(const char *path, const char *text, size_t len)
{
	bool yaml = str_ends(path, ".yaml") || str_ends(path, ".yml") || str_ends(path, ".json");
	const char *p = text, *line;
	size_t n = 0;
	char whose;

	if (str_ends(path, ".ini"))
		return FORM_ANSIBLE_INI;
	line = next_line(&p, text + len, &n);
	if (!yaml && line && looks_like_ini(line, n))
		return FORM_ANSIBLE_INI;
	whose = whose_keys(text, len);
	if (whose == 'd')
		return FORM_DROVER;
	return whose == 'a' ? FORM_ANSIBLE_YAML : form_of_tree(text, len);
}
