#include "remote/login.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"
#include "remote/keyring.h"
#include "remote/message.h"
#include "remote/tune.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <string.h>

#define KEYS_MAX 16
#define ROUNDS   12 /* of questions, whatever the server likes */
#define TRIES    6  /* of what a person gives; the parent may allow fewer */
#define STAGES   4  /* proofs that were taken and not enough */

enum proof { PROOF_KEY, PROOF_PROMPTS, PROOF_PASSWORD, PROOF_COUNT };

struct login {
	struct login_spec spec;
	char *user;
	enum proof order[PROOF_COUNT];
	size_t order_count;
	bool spent[PROOF_COUNT]; /* of no more use at this stage */
	bool listed;             /* the server has said what it takes */
	uint32_t keys[KEYS_MAX];
	size_t key_count, key;
	bool agent, agent_told, in_lane;
	int lane_result;
	bool asking, answered; /* ASK was sent; ANSWER came, with answers if there are any */
	bool asked;            /* since this proof began */
	char *answers[MESSAGE_PROMPTS];
	size_t answer_count, wanted_count;
	int rounds, stages, tries;
	bool password_tried, prompts_tried;
	ssh_event event;
	const char *why; /* in our words; NULL: libssh knows */
};

static int try_keys(struct login *l);
static int try_prompts(struct login *l);
static int try_password(struct login *l);

static const struct {
	const char *name;
	int method;
	/* SSH_AUTH_AGAIN: later; SSH_AUTH_DENIED: this proof is spent */
	int (*attempt)(struct login *l);
} proofs[PROOF_COUNT] = {
	[PROOF_KEY] = { "publickey", SSH_AUTH_METHOD_PUBLICKEY, try_keys },
	[PROOF_PROMPTS] = { "keyboard-interactive", SSH_AUTH_METHOD_INTERACTIVE, try_prompts },
	[PROOF_PASSWORD] = { "password", SSH_AUTH_METHOD_PASSWORD, try_password },
};

static void
wipe_answers(struct login *l)
{
	for (size_t i = 0; i < l->answer_count; i++) {
		explicit_bzero(l->answers[i], strlen(l->answers[i]));
		free(l->answers[i]);
	}
	l->answer_count = 0;
	l->answered = false;
}

static bool
read_order(struct login *l, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, ","), p = 0;

		while (p < PROOF_COUNT &&
		       !(strlen(proofs[p].name) == n && strncmp(proofs[p].name, names, n) == 0))
			p++;
		if (p == PROOF_COUNT || l->order_count == PROOF_COUNT)
			return false;
		l->order[l->order_count++] = (enum proof)p;
		names += n + (names[n] == ',');
	}
	return l->order_count > 0;
}

static bool
read_keys(struct login *l, const struct message *m)
{
	const struct message_value *keys = &m->value[FIELD_KEYS];
	size_t n = message_has(m, FIELD_KEYS) ? keys->len / 4 : 0;

	if (n > KEYS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = (const uint8_t *)keys->bytes + 4 * i;

		l->keys[i] =
		    (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	}
	l->key_count = n;
	return true;
}

struct login *
login_new(const struct login_spec *spec, const struct message *m, int fd)
{
	struct login *l = xcalloc(1, sizeof(*l));
	const char *order = message_string(m, FIELD_PROOFS);

	l->spec = *spec;
	l->user = xstrdup(message_string(m, FIELD_USER));
	l->agent = fd >= 0;
	if (l->agent)
		ssh_set_agent_socket(spec->ssh, fd);
	if (read_keys(l, m) && read_order(l, *order ? order : proofs[PROOF_KEY].name))
		return l;
	login_free(l);
	return NULL;
}

static void
stop_listening(struct login *l)
{
	if (!l->event)
		return;
	ssh_event_remove_session(l->event, l->spec.ssh);
	ssh_event_free(l->event);
	l->event = NULL;
}

void
login_free(struct login *l)
{
	if (!l)
		return;
	stop_listening(l);
	wipe_answers(l);
	free(l->user);
	free(l);
}

/* On the lane's thread: the only place where libssh may block, on an agent. */
static void
lane_run(void *data)
{
	struct login *l = data;

	l->lane_result = ssh_userauth_agent(l->spec.ssh, l->user);
}

static void
lane_done(void *data, void *user)
{
	struct login *l = data;

	(void)user;
	l->in_lane = false;
	l->spec.back(l->spec.user);
}

static int
try_agent(struct login *l)
{
	struct work_job job = { .run = lane_run, .done = lane_done, .data = l };

	if (l->agent_told) {
		l->agent_told = false;
		return l->lane_result;
	}
	l->agent_told = true;
	l->lane_result = SSH_AUTH_AGAIN;
	l->in_lane = true;
	work_add(l->spec.lane, &job);
	return SSH_AUTH_AGAIN;
}

/* A key that ssh_config does not allow is refused here, and the server has not said anything. */
static void
note_methods(struct login *l)
{
	l->listed = l->listed || ssh_userauth_list(l->spec.ssh, NULL) != 0;
}

static int
try_keys(struct login *l)
{
	while (l->key < l->key_count) {
		void *key = NULL;
		enum keyring_state state = keyring_find(l->spec.keys, l->keys[l->key], &key);

		if (state == KEYRING_LOADING)
			return SSH_AUTH_AGAIN;
		int rc = state == KEYRING_READY ? ssh_userauth_publickey(l->spec.ssh, l->user, key)
						: SSH_AUTH_DENIED;
		if (rc == SSH_AUTH_AGAIN || !tune_is_well(l->spec.ssh))
			return rc;
		note_methods(l);
		l->key++;
		if (rc != SSH_AUTH_DENIED)
			return rc;
	}
	if (!l->agent)
		return SSH_AUTH_DENIED;
	int rc = try_agent(l);
	if (rc != SSH_AUTH_AGAIN)
		note_methods(l);
	return rc;
}

/* The session is fed while nobody else does, so that its end is noticed. */
static int
watch(struct login *l)
{
	if (!l->event) {
		l->event = ssh_event_new();
		if (!l->event || ssh_event_add_session(l->event, l->spec.ssh) != SSH_OK)
			mem_abort("libssh gives no event");
	}
	ssh_event_dopoll(l->event, 0);
	if (!tune_is_well(l->spec.ssh))
		l->why = "the server closed the connection while an answer was awaited: it "
			 "waits only so long (its LoginGraceTime)";
	return SSH_AUTH_AGAIN;
}

static int
give_up(struct login *l, const char *why)
{
	l->why = why;
	return SSH_AUTH_ERROR;
}

static int
ask(struct login *l, enum proof p, struct message *m, size_t n)
{
	if (++l->rounds > ROUNDS)
		return give_up(l, "the server asks and asks");
	message_text(m, FIELD_PROOFS, proofs[p].name);
	l->asking = l->asked = true;
	l->wanted_count = n;
	l->spec.ask(l->spec.user, m);
	return SSH_AUTH_AGAIN;
}

static void
add_line(char *to, size_t size, const char *text)
{
	size_t n = strlen(to);

	if (text && *text)
		snprintf(to + n, size - n, "%s%s", n ? "\n" : "", text);
}

/* What the server wants to know, cut to what fits; the parent cleans it. */
static int
ask_prompts(struct login *l, size_t n)
{
	ssh_session ssh = l->spec.ssh;
	uint8_t packed[MESSAGE_PROMPTS * (3 + MESSAGE_PROMPT)];
	char text[500] = "";
	struct message m;
	size_t at = 0;

	if (n > MESSAGE_PROMPTS)
		return give_up(l, "the server asks too many questions at once");
	add_line(text, sizeof(text), ssh_userauth_kbdint_getname(ssh));
	add_line(text, sizeof(text), ssh_userauth_kbdint_getinstruction(ssh));
	for (size_t i = 0; i < n; i++) {
		char echo = 0;
		const char *prompt = ssh_userauth_kbdint_getprompt(ssh, (unsigned)i, &echo);
		size_t len = prompt ? strnlen(prompt, MESSAGE_PROMPT) : 0;

		packed[at] = echo != 0;
		packed[at + 1] = (uint8_t)(len >> 8);
		packed[at + 2] = (uint8_t)len;
		memcpy(packed + at + 3, prompt ? prompt : "", len);
		at += 3 + len;
	}
	message_init(&m, MESSAGE_ASK, l->spec.session, 0);
	message_text(&m, FIELD_TEXT, text);
	message_bytes(&m, FIELD_PROMPTS, packed, at);
	return ask(l, PROOF_PROMPTS, &m, n);
}

/* No, or not so: may the person try again? */
static bool
again(struct login *l)
{
	bool may = l->asked && ++l->tries < TRIES;

	l->asked = false;
	return may;
}

static int
step_prompts(struct login *l)
{
	ssh_session ssh = l->spec.ssh;
	int rc = ssh_userauth_kbdint(ssh, l->user, NULL);

	/* A round without questions is answered at once. */
	for (int i = 0; rc == SSH_AUTH_INFO && i < 2; i++) {
		int n = ssh_userauth_kbdint_getnprompts(ssh);

		if (n != 0)
			return n < 0 ? SSH_AUTH_ERROR : ask_prompts(l, (size_t)n);
		if (++l->rounds > ROUNDS)
			return give_up(l, "the server asks and asks");
		rc = ssh_userauth_kbdint(ssh, l->user, NULL);
	}
	return rc == SSH_AUTH_INFO ? SSH_AUTH_AGAIN : rc;
}

static int
try_prompts(struct login *l)
{
	ssh_session ssh = l->spec.ssh;

	if (l->asking)
		return watch(l);
	if (l->answered) {
		bool fits = l->answer_count == l->wanted_count &&
			    ssh_userauth_kbdint_getnprompts(ssh) == (int)l->wanted_count;

		for (size_t i = 0; fits && i < l->answer_count; i++)
			ssh_userauth_kbdint_setanswer(ssh, (unsigned)i, l->answers[i]);
		wipe_answers(l);
		if (!fits)
			return SSH_AUTH_DENIED; /* nobody answers */
		l->prompts_tried = true;
	}
	int rc = step_prompts(l);
	if (rc == SSH_AUTH_DENIED && again(l))
		rc = step_prompts(l);
	return rc;
}

static int
ask_password(struct login *l)
{
	struct message m;

	message_init(&m, MESSAGE_ASK, l->spec.session, 0);
	return ask(l, PROOF_PASSWORD, &m, 1);
}

static int
try_password(struct login *l)
{
	if (l->asking)
		return watch(l);
	if (!l->answered)
		return ask_password(l);
	if (l->answer_count != 1) {
		wipe_answers(l);
		return SSH_AUTH_DENIED; /* nobody answers */
	}
	l->password_tried = true;
	int rc = ssh_userauth_password(l->spec.ssh, l->user, l->answers[0]);
	if (rc == SSH_AUTH_AGAIN)
		return rc;
	wipe_answers(l);
	return rc == SSH_AUTH_DENIED && again(l) ? ask_password(l) : rc;
}

static bool
has_proof(const struct login *l, enum proof *ret)
{
	int taken = l->listed ? ssh_userauth_list(l->spec.ssh, NULL) : -1;

	for (size_t i = 0; i < l->order_count; i++) {
		*ret = l->order[i];
		if (!l->spent[*ret] && (taken & proofs[*ret].method))
			return true;
	}
	return false;
}

/* What does the server take? SSH_AUTH_INFO: now it is known. */
static int
learn(struct login *l)
{
	int rc = ssh_userauth_none(l->spec.ssh, l->user);

	if (rc != SSH_AUTH_DENIED)
		return rc;
	l->listed = true;
	return SSH_AUTH_INFO;
}

/* A secret is sent to no server that has not asked for one. */
static int
attempt(struct login *l, enum proof p)
{
	return l->listed || p == PROOF_KEY ? proofs[p].attempt(l) : learn(l);
}

static enum login_got
fail(struct login *l, struct err *err)
{
	char text[240], banner[120];

	tune_explain(l->spec.ssh, text, sizeof(text));
	tune_banner(l->spec.ssh, banner, sizeof(banner));
	err_set(err, OUTCOME_UNREACHABLE, "%s%s%s", l->why ? l->why : text,
	    *banner ? "; it says: " : "", banner);
	return LOGIN_FAILED;
}

static enum login_got
deny(struct login *l, struct err *err)
{
	char methods[120], banner[120], keys[40] = "";
	size_t n = l->key_count + l->agent;
	bool typed = l->password_tried || l->prompts_tried;

	tune_methods(ssh_userauth_list(l->spec.ssh, NULL), methods, sizeof(methods));
	tune_banner(l->spec.ssh, banner, sizeof(banner));
	if (n || !typed)
		snprintf(keys, sizeof(keys), "%zu key%s", n, n == 1 ? "" : "s");
	err_set(err, OUTCOME_UNREACHABLE, "%s is refused with %s%s%s; the server takes: %s%s%s",
	    l->user, keys, *keys && typed ? " and " : "",
	    l->password_tried  ? "a password"
	    : l->prompts_tried ? "answers to its questions"
			       : "",
	    methods, *banner ? "; it says: " : "", banner);
	return LOGIN_FAILED;
}

/* That proof counts, and the server wants one more. */
static bool
next_stage(struct login *l)
{
	memset(l->spent, 0, sizeof(l->spent));
	l->listed = true;
	l->asked = false;
	l->tries = 0;
	return ++l->stages < STAGES;
}

enum login_got
login_step(struct login *l, struct err *err)
{
	enum proof p = PROOF_KEY;

	for (;;) {
		bool any = has_proof(l, &p);

		if (!any && l->listed)
			return deny(l, err);
		int rc = any ? attempt(l, p) : learn(l);

		if (l->in_lane)
			return LOGIN_WAITS;
		if (rc == SSH_AUTH_SUCCESS)
			return LOGIN_DONE;
		if (!tune_is_well(l->spec.ssh))
			return fail(l, err);
		if (rc == SSH_AUTH_AGAIN)
			return LOGIN_WAITS;
		if (rc == SSH_AUTH_DENIED)
			l->spent[p] = true;
		else if (rc != SSH_AUTH_INFO && !(rc == SSH_AUTH_PARTIAL && next_stage(l)))
			return fail(l, err);
	}
}

bool
login_in_lane(const struct login *l)
{
	return l && l->in_lane;
}

bool
login_is_asking(const struct login *l)
{
	return l && l->asking;
}

bool
login_answer(struct login *l, const struct message *m)
{
	const struct message_value *packed = &m->value[FIELD_ANSWERS];
	size_t at = 0, len = message_has(m, FIELD_ANSWERS) ? packed->len : 0;

	if (!l->asking)
		return false;
	l->asking = false;
	l->answered = true;
	stop_listening(l);
	while (len - at >= 2 && l->answer_count < MESSAGE_PROMPTS) {
		const uint8_t *p = (const uint8_t *)packed->bytes + at;
		size_t n = (size_t)p[0] << 8 | p[1];

		if (n > len - at - 2 || memchr(p + 2, '\0', n))
			return false;
		l->answers[l->answer_count++] = xmemdup0(p + 2, n);
		at += 2 + n;
	}
	return at == len;
}

void
login_wanted(const struct login *l, char *to, unsigned size)
{
	int taken = l && l->listed ? ssh_userauth_list(l->spec.ssh, NULL) : 0;

	*to = '\0';
	for (size_t i = 0; i < PROOF_COUNT; i++) {
		size_t n = strlen(to);

		if (taken & proofs[i].method)
			snprintf(to + n, size - n, "%s%s", n ? "," : "", proofs[i].name);
	}
}
