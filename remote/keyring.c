#include "remote/keyring.h"

#include "base/mem.h"
#include "base/work.h"
#include "remote/message.h"

#include <libssh/libssh.h>
#include <string.h>

struct entry {
	uint32_t id;
	enum keyring_state state;
	ssh_key key; /* when it is READY */
};

struct keyring {
	struct work *lane;
	void (*opened)(void *user);
	void *user;
	struct entry *entries;
	size_t count, cap;
};

/* A key being read; on the lane it is nobody else's. */
struct job {
	uint32_t id;
	char *text, *secret, *certificate; /* the last two may be NULL */
	ssh_key key;
};

struct keyring *
keyring_new(struct work *lane, void (*opened)(void *user), void *user)
{
	struct keyring *k = xcalloc(1, sizeof(*k));

	k->lane = lane;
	k->opened = opened;
	k->user = user;
	return k;
}

void
keyring_free(struct keyring *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		ssh_key_free(k->entries[i].key);
	free(k->entries);
	free(k);
}

static char *
text_of(const struct message *m, enum message_field f)
{
	return message_has(m, f) ? xstrdup(message_string(m, f)) : NULL;
}

static void
wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
job_free(void *data)
{
	struct job *j = data;

	wipe(j->text);
	wipe(j->secret);
	free(j->certificate);
	ssh_key_free(j->key);
	free(j);
}

/* "ssh-ed25519-cert-v01@openssh.com AAAA..." */
static bool
add_certificate(ssh_key key, const char *text)
{
	size_t n = strcspn(text, " ");
	autofree char *type = xmemdup0(text, n);
	ssh_key certificate = NULL;

	bool good = text[n] &&
		    ssh_pki_import_cert_base64(
			text + n + 1, ssh_key_type_from_name(type), &certificate) == SSH_OK &&
		    ssh_pki_copy_cert_to_privkey(certificate, key) == SSH_OK;
	ssh_key_free(certificate);
	return good;
}

static void
job_run(void *data)
{
	struct job *j = data;

	if (ssh_pki_import_privkey_base64(j->text, j->secret, NULL, NULL, &j->key) != SSH_OK)
		j->key = NULL;
	if (j->key && j->certificate && !add_certificate(j->key, j->certificate)) {
		ssh_key_free(j->key);
		j->key = NULL;
	}
}

static void
settle(struct keyring *k, struct job *j)
{
	for (size_t i = 0; i < k->count; i++) {
		if (k->entries[i].id != j->id)
			continue;
		k->entries[i].key = j->key;
		k->entries[i].state = j->key ? KEYRING_READY : KEYRING_BAD;
		j->key = NULL;
	}
}

static void
job_done(void *data, void *user)
{
	struct keyring *k = user;

	settle(k, data);
	job_free(data);
	k->opened(k->user);
}

void
keyring_add(struct keyring *k, const struct message *m)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->id = (uint32_t)message_get(m, FIELD_KEY);
	j->text = text_of(m, FIELD_PRIVATE);
	j->secret = text_of(m, FIELD_SECRET);
	j->certificate = text_of(m, FIELD_CERTIFICATE);
	mem_grow(k->entries, k->count, k->cap);
	k->entries[k->count++] = (struct entry){ .id = j->id, .state = KEYRING_LOADING };
	if (j->secret) {
		work_add(k->lane,
		    &(struct work_job){
			.run = job_run, .done = job_done, .drop = job_free, .data = j, .user = k });
		return;
	}
	job_run(j);
	settle(k, j);
	job_free(j);
}

enum keyring_state
keyring_find(const struct keyring *k, uint32_t id, void **ret)
{
	for (size_t i = 0; i < k->count; i++) {
		if (k->entries[i].id == id) {
			*ret = k->entries[i].key;
			return k->entries[i].state;
		}
	}
	return KEYRING_BAD;
}
