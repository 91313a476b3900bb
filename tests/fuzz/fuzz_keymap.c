/* Any keys.conf: mistakes with their places, and a map in which every key leads to what it says. */
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/console.h"
#include "tui/keymap.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d;
	size_t count;

	if (size > 4096)
		return 0;
	autofree char *text = xmemdup0(data, size);
	struct keymap *m = keymap_new(console_tabs, console_actions);
	diag_init(&d);
	keymap_read(m, "keys.conf", text, size, size % 3 ? NULL : "vim", &d);
	keymap_clashes(m, false, &d);
	const struct keymap_row *rows = keymap_rows(m, &count);
	for (size_t i = 0; i < count; i++) {
		char label[64];

		if (rows[i].user && (rows[i].at.line < 1 || rows[i].at.col < 1))
			mem_abort("a binding without its place");
		keymap_label(rows[i].keys, label, sizeof(label));
		if (!d.errors && rows[i].kind == KEYMAP_VIEW && rows[i].user && rows[i].keys[0] &&
		    !strchr(rows[i].keys, '|') &&
		    keymap_find(m, rows[i].class, KEYMAP_VIEW, rows[i].keys) != &rows[i])
			mem_abort("a key leads elsewhere");
	}
	diag_fini(&d);
	keymap_free(m);
	return 0;
}
