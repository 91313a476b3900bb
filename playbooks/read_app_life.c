/* `restart:`, `stop:`, `user:`, `workdir:` and `labels:` of an app. */
#include "base/yaml.h"
#include "playbooks/place.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"

const char *const read_app_restarts[] = { "on-failure", "always", "no", NULL };

static const char *const signals[] = { "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1",
	"SIGUSR2", "SIGWINCH", "SIGRTMIN+3", "SIGKILL", NULL };

const struct field read_app_stop_fields[] = {
	{ .name = "signal",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct life_decl, stop_signal),
	    .choices = signals,
	    .doc =
		"what it is told by: SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, "
		"SIGWINCH, SIGRTMIN+3 or SIGKILL; by default what the image says, else SIGTERM" },
	{ .name = "timeout",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct life_decl, stop_ms),
	    .min = 1000,
	    .max = 3600000,
	    .doc =
		"how long it may take before it is killed, 1s to 1h; by default 10s, of a binary "
		"40s" },
	{ 0 },
};

void
read_app_stop(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;

	mine.what = "stop";
	field_read(&mine, read_app_stop_fields, n, &((struct app_decl *)to)->life);
}

void
read_app_user(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct source *user = &((struct app_decl *)to)->life.user;
	const char *bad;

	if (!read_source(c, "user", n, user) || render_is_template(user))
		return;
	bad = read_is_inner_user(user->text);
	if (bad)
		diag_error(
		    c->diag, n->mark, "user: %s is wanted here, not \"%.60s\"", bad, user->text);
}

void
read_app_workdir(const struct field_context *c, const struct yaml_node *n, void *to)
{
	place_read_path(c, "workdir", n, &((struct app_decl *)to)->life.workdir);
}

void
read_app_labels(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct life_decl *life = &((struct app_decl *)to)->life;
	struct podman_pairs pairs = { 0 };

	podman_read_pairs(c, "labels", n, &pairs);
	life->label = pairs.item;
	life->label_count = pairs.count;
}
