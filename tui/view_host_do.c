/* What can be done on a host: with the unit or container under the cursor, and at its shell. */
#include "tui/view_host.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>

/* What an action is about: the unit under the cursor, or the one that runs the container or is started by
 * the timer. False: there is none, and `ret` has what there is. */
static bool
acted_unit(const struct view *v, struct host_thing *ret)
{
	const struct hostview *h = v->state;
	const struct container_status *k = host_container(h);

	if (!host_thing(v, ret))
		return false;
	if (!k)
		return true;
	if (!k->unit)
		return false;
	ret->kind = DETAIL_UNIT;
	ret->name = k->unit;
	return true;
}

static char *
act_command(const struct view *v, const char *verb)
{
	struct host_thing t;
	struct buf b = BUF_INIT(1024);
	bool unit = acted_unit(v, &t);

	if (unit && t.user[0])
		buf_addf(&b, "systemctl --user --machine=%s@ %s -- ", t.user, verb);
	else if (unit)
		buf_addf(&b, "systemctl %s -- ", verb);
	else if (t.user[0])
		buf_addf(&b, "runuser --login %s --command='podman %s -- \"$0\"' ", t.user, verb);
	else
		buf_addf(&b, "podman %s -- ", verb);
	str_shell_quote(&b, t.name);
	return buf_detach(&b, &(size_t){ 0 });
}

static void
act(struct view *v, const char *verb)
{
	const struct hostview *h = v->state;
	const char *hosts[] = { h->name };
	struct host_thing t;
	char title[160];

	if (acted_unit(v, &t) && !t.user[0]) {
		v->services->units(v->services->user, verb, hosts, 1, t.name);
		return;
	}
	autofree char *command = act_command(v, verb);
	snprintf(title, sizeof(title), "%s %.90s", verb, t.name);
	v->services->change(v->services->user, title, hosts, 1, command);
}

void
host_restart(struct view *v)
{
	act(v, "restart");
}

void
host_start(struct view *v)
{
	act(v, "start");
}

void
host_stop(struct view *v)
{
	act(v, "stop");
}

void
host_remove(struct view *v)
{
	const struct hostview *h = v->state;
	const struct container_status *k = host_container(h);
	const char *hosts[] = { h->name };
	char title[160];

	if (!k || k->unit) {
		v->services->flash(v->services->user, true,
		    k ? "its unit would make it anew: what a playbook put there it removes"
		      : "only a container can be removed here; units go by a playbook");
		return;
	}
	autofree char *command = act_command(v, "rm");
	snprintf(title, sizeof(title), "remove container %.90s", k->name);
	v->services->remove(v->services->user, title, hosts, 1, command);
}

void
host_logs(struct view *v)
{
	const struct hostview *h = v->state;
	struct host_thing t;

	if (!acted_unit(v, &t)) {
		const struct container_status *k = host_container(h);
		autofree char *whose =
		    k ? xasprintf("%s container %s", h->name, k->name) : xstrdup(h->name);

		v->services->open(v->services->user, "logs", whose);
		return;
	}
	autofree char *subject = t.user[0] ? xasprintf("%s user %s %s", h->name, t.user, t.name)
					   : xasprintf("%s %s", h->name, t.name);
	v->services->open(v->services->user, "logs", subject);
}

void
host_file(struct view *v)
{
	struct host_thing t;

	if (!v->services->host)
		return;
	if (acted_unit(v, &t))
		v->services->host->show(v->services->host->user, &t);
	else
		v->services->flash(v->services->user, true, "no unit runs it: it has no file");
}

void
host_shell(struct view *v)
{
	const struct hostview *h = v->state;
	const struct container_status *k = h->host ? host_container(h) : NULL;

	if (!h->host)
		return;
	autofree char *subject =
	    k ? xasprintf("%s container %s", h->name, k->name) : xstrdup(h->name);
	v->services->login(v->services->user, subject);
}

static char *
equal_verb(const struct view *v, const char *verb)
{
	const struct hostview *h = v->state;
	struct host_thing t;

	if (!host_thing(v, &t))
		return NULL;
	autofree char *command = act_command(v, verb);
	return xasprintf("drover run %s%s -- %s", h->host->becomes ? "-B " : "", h->name, command);
}

char *
host_equal_restart(const struct view *v)
{
	return equal_verb(v, "restart");
}

char *
host_equal_start(const struct view *v)
{
	return equal_verb(v, "start");
}

char *
host_equal_stop(const struct view *v)
{
	return equal_verb(v, "stop");
}

char *
host_equal_logs(const struct view *v)
{
	const struct hostview *h = v->state;
	struct host_thing t;

	if (!acted_unit(v, &t))
		return NULL;
	struct buf b = BUF_INIT(1024);
	buf_adds(&b, "drover logs ");
	if (t.user[0]) {
		buf_adds(&b, "--user ");
		str_shell_quote(&b, t.user);
		buf_addc(&b, ' ');
	}
	buf_addf(&b, "%s ", h->name);
	str_shell_quote(&b, t.name);
	return buf_detach(&b, &(size_t){ 0 });
}
