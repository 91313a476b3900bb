#include "remote/keyring.h"

#include "base/mem.h"
#include "remote/message.h"

#include <libssh/libssh.h>
#include <string.h>

struct entry {
	uint32_t id;
	char *name;
	ssh_key key; /* NULL: libssh could not read it */
};

struct keyring {
	struct entry *entries;
	size_t count, cap;
};

struct keyring *
keyring_new(void)
{
	return xcalloc(1, sizeof(struct keyring));
}

void
keyring_free(struct keyring *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++) {
		free(k->entries[i].name);
		ssh_key_free(k->entries[i].key);
	}
	free(k->entries);
	free(k);
}

void
keyring_add(struct keyring *k, const struct message *m)
{
	struct entry e = { .id = (uint32_t)message_get(m, FIELD_KEY),
		.name = xstrdup(message_string(m, FIELD_NAME)) };

	if (ssh_pki_import_privkey_base64(
		message_string(m, FIELD_PRIVATE), NULL, NULL, NULL, &e.key) != SSH_OK)
		e.key = NULL;
	mem_grow(k->entries, k->count, k->cap);
	k->entries[k->count++] = e;
}

void *
keyring_find(const struct keyring *k, uint32_t id, const char **ret_name)
{
	for (size_t i = 0; i < k->count; i++) {
		if (k->entries[i].id == id) {
			*ret_name = k->entries[i].name;
			return k->entries[i].key;
		}
	}
	*ret_name = "an unknown key";
	return NULL;
}
