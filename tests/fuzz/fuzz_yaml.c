/* Any bytes: a tree or mistakes, and nothing a terminal obeys in either. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "base/yaml_text.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s, size_t len, bool block)
{
	uint32_t c = 0;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &c);
		if (!n || yaml_text_is_control(c) || (!block && yaml_text_is_bidi(c)))
			mem_abort("a forbidden character left the parser");
	}
}

static size_t
check_tree(const struct yaml_node *n, int depth)
{
	size_t nodes = 1;

	if (depth > YAML_DEPTH_MAX + 1)
		mem_abort("the tree is too deep");
	if (n->kind == YAML_SCALAR) {
		if (strlen(n->text) != n->len)
			mem_abort("a NUL left the parser");
		check_text(n->text, n->len, n->block);
	}
	for (size_t i = 0; i < n->count; i++) {
		if (n->kind == YAML_MAP) {
			nodes += check_tree(n->key[i], depth + 1);
			if (yaml_find(n, n->key[i]->text) != n->value[i])
				mem_abort("a key stands twice");
		}
		nodes += check_tree(n->value[i], depth + 1);
	}
	return nodes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct diag d;
	autobuf json = BUF_INIT(1 << 24);

	if (size > 20000)
		size = 20000;
	diag_init(&d);
	const struct yaml_node *n = yaml_parse(a, "input", (const char *)data, size, &d);
	if (!n && !d.errors)
		mem_abort("neither a tree nor a mistake");
	for (int i = 0; i < d.count; i++) {
		autofree char *line = diag_line(&d, i);

		check_text(line, strlen(line), false);
	}
	if (n) {
		check_tree(n, 0);
		yaml_to_json(n, &json);
		check_text(buf_text(&json), json.len, true);
	}
	diag_fini(&d);
	arena_free(a);
	return 0;
}
