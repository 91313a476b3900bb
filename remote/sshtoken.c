#include "remote/sshtoken.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "remote/sshfiles.h"
#include "remote/sshhost.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

static void
add_number(struct buf *to, int64_t n)
{
	buf_addf(to, "%jd", (intmax_t)n);
}

/* "me@bastion:22,last" is the jump host last to ssh. */
static void
add_jump(const char *jump, struct buf *to)
{
	const char *last = strrchr(jump, ','), *at;

	last = last ? last + 1 : jump;
	at = strrchr(last, '@');
	last = at ? at + 1 : last;
	if (*last == '[')
		buf_add(to, last + 1, strcspn(last + 1, "]"));
	else
		buf_add(to, last, strcspn(last, ":"));
}

/* One %-token of ssh_config(5), of those that hold where files are named. */
static int
add_token(const struct sshtoken_values *v, char token, struct buf *to, struct err *err)
{
	const struct sshconf_host *h = v->host;
	const struct passwd *pw = getpwuid(getuid());
	char machine[256] = "";

	gethostname(machine, sizeof(machine) - 1);
	switch (token) {
	case '%':
		buf_addc(to, '%');
		break;
	case 'd':
		buf_adds(to, pw ? pw->pw_dir : "");
		break;
	case 'u':
		buf_adds(to, pw ? pw->pw_name : "");
		break;
	case 'i':
		add_number(to, getuid());
		break;
	case 'h':
		buf_adds(to, h->hostname);
		break;
	case 'n':
		buf_adds(to, v->asked);
		break;
	case 'k':
		buf_adds(to, h->host_key_alias ? h->host_key_alias : v->asked);
		break;
	case 'r':
		buf_adds(to, h->user);
		break;
	case 'p':
		add_number(to, h->port);
		break;
	case 'l':
		buf_adds(to, machine);
		break;
	case 'L':
		buf_add(to, machine, strcspn(machine, "."));
		break;
	case 'C':
		if (!v->hash)
			return err_set(err, OUTCOME_INPUT, "ssh -G did not say what %%C is");
		buf_adds(to, v->hash);
		break;
	case 'j':
		add_jump(h->proxy_jump ? h->proxy_jump : "", to);
		break;
	default:
		return err_set(err, OUTCOME_REFUSED,
		    "ssh_config uses %%%c in %s, which is not supported", token, v->what);
	}
	return 0;
}

static int
add_variable(const struct sshtoken_values *v, const char *name, struct buf *to, struct err *err)
{
	const char *value = getenv(name);

	if (!value)
		return err_set(err, OUTCOME_INPUT,
		    "ssh_config uses ${%.60s} in %s, which is not set", name, v->what);
	buf_adds(to, value);
	return 0;
}

const char *
sshtoken_expand(
    struct arena *arena, const struct sshtoken_values *v, const char *value, struct err *err)
{
	autofree char *wide = sshfiles_tilde(value);
	autobuf out = BUF_INIT(4096);

	for (const char *p = wide; *p; p++) {
		if (*p == '%' && p[1]) {
			if (add_token(v, *++p, &out, err) < 0)
				return NULL;
		} else if (p[0] == '$' && p[1] == '{' && strchr(p, '}')) {
			autofree char *name = xmemdup0(p + 2, strcspn(p + 2, "}"));

			if (add_variable(v, name, &out, err) < 0)
				return NULL;
			p = strchr(p, '}');
		} else {
			buf_addc(&out, *p);
		}
	}
	return arena_strdup(arena, buf_text(&out));
}
