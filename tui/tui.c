#include "tui/tui.h"

#include "tui/canvas.h"
#include "tui/console.h"
#include "tui/feed_apps.h"
#include "tui/feed_fleet.h"
#include "tui/feed_history.h"
#include "tui/feed_host.h"
#include "tui/feed_logs.h"
#include "tui/feed_plan.h"
#include "tui/feed_run.h"
#include "tui/feed_samples.h"
#include "tui/feed_terms.h"
#include "tui/foreground.h"
#include "tui/frame.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/launch.h"
#include "tui/linear.h"
#include "tui/messages.h"
#include "tui/outputs.h"
#include "tui/pointer.h"
#include "tui/term.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/retention.h"
#include "cli/ui.h"
#include "engine/herd.h"
#include "engine/poll.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>

#define FRAME_MS      33   /* data: at most 30 frames a second; keys are painted at once */
#define SLOW_FRAME_MS 200  /* data, while the terminal has not taken the last frame */
#define BACKLOG_MAX   4096 /* keys too */
#define RESIZE_MS     30   /* a window that is drawn larger says so many times */
#define LEAST_ROWS    5
#define LEAST_COLS    20

/* What the screen shows is asked often, the rest rarely. */
static void
watch_sight(struct console *c, const struct view *v)
{
	memset(c->sight, 0, c->scene.count * sizeof(*c->sight));
	if (v->class->sight)
		v->class->sight(v, c->sight);
	for (size_t i = 0; i < c->scene.count; i++)
		poll_watch(c->poll, i, c->sight[i]);
	for (size_t i = 0; i < c->scene.count; i++)
		poll_prefer(c->poll, i, c->hosts[i].marked);
}

/* Too small for a screen; all goes on behind it. */
static void
compose_small(struct canvas *c)
{
	canvas_printf(c, 0, 0, c->cols, STYLE_TEXT, "drover: enlarge (%dx%d)", c->cols, c->rows);
}

void
console_compose(struct console *c)
{
	struct view *v = console_view(c);
	int rows, cols;

	term_size(c->term, &rows, &cols);
	if (rows != c->canvas->rows || cols != c->canvas->cols)
		canvas_resize(c->canvas, rows, cols);
	canvas_clear(c->canvas);
	v->height = rows > FRAME_TOP + FRAME_BOTTOM ? rows - FRAME_TOP - FRAME_BOTTOM : 1;
	v->width = cols;
	console_build_scene(c);
	v->class->refresh(v);
	if (rows < LEAST_ROWS || cols < LEAST_COLS) {
		compose_small(c->canvas);
		return;
	}
	frame_paint(&(struct frame){ .view = v,
			.tabs = console_tabs,
			.global = console_actions,
			.flash = c->flash[0] ? c->flash : NULL,
			.flash_bad = c->flash_bad },
	    c->canvas);
	v->class->paint(v, c->canvas, FRAME_TOP, rows - FRAME_BOTTOM);
	watch_sight(c, v);
	overlay_paint(&c->overlay, c->canvas);
}

static void
paint(struct console *c)
{
	console_compose(c);
	if (c->linear)
		linear_say(c->linear);
	else
		term_paint(c->term, c->canvas);
	c->painted_ms = loop_now_ms(c->loop);
	c->dirty = c->urgent = false;
	if (c->testing)
		term_mark_idle(c->term, ++c->idles);
}

static void
on_repaint(void *user)
{
	struct console *c = user;

	if (!c->dirty || c->leaving || c->foreground)
		return;
	/* What the link has not taken yet is on its way: a frame more of data would come late, and a
	 * full terminal would hold all of us. */
	int backlog = term_backlog(c->term);
	if (backlog && (!c->urgent || backlog >= BACKLOG_MAX))
		loop_timer_start(c->repaint, c->urgent ? FRAME_MS : SLOW_FRAME_MS);
	else
		paint(c);
}

void
console_dirty(struct console *c)
{
	c->dirty = c->urgent = true;
	loop_timer_start(c->repaint, 0);
}

void
console_stale(struct console *c)
{
	if (c->dirty)
		return;
	int64_t since = loop_now_ms(c->loop) - c->painted_ms;
	c->dirty = true;
	loop_timer_start(c->repaint, since >= FRAME_MS ? 0 : FRAME_MS - since);
}

/* An error stays until a key is pressed; what is said meanwhile is among the messages. */
void
console_flash(struct console *c, bool bad, const char *fmt, ...)
{
	char text[sizeof(c->flash)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	messages_add(c->messages, clock_wall_ms(), bad, text);
	if (c->flash_bad && c->flash[0] && !bad)
		return;
	str_copy(c->flash, sizeof(c->flash), text);
	c->flash_bad = bad;
	console_dirty(c);
}

static void
on_polled(void *user, size_t host)
{
	(void)host;
	console_stale(user);
}

static void
on_run_changed(void *user)
{
	struct console *c = user;

	plan_feed_told(c->plan_feed);
	console_read_marks(c);
	console_stale(c);
}

static void
on_run_ended(void *user)
{
	struct console *c = user;

	apps_feed_stale(c->apps_feed);
	console_read_marks(c);
	for (size_t i = 0; i < c->scene.count; i++)
		poll_now(c->poll, i);
	console_stale(c);
}

/* Ages grow though nothing happens: once a second, unless paused. */
void
console_tick(void *user)
{
	struct console *c = user;

	if (c->held)
		return;
	console_stale(c);
	feed_samples_take(c->samples);
	loop_timer_start(c->tick, 1000);
}

static void
on_resized(void *user)
{
	struct console *c = user;

	term_resized(c->term);
	console_dirty(c);
}

static void
on_signal(void *user, int signum)
{
	struct console *c = user;

	/* The other program has the terminal: what is typed there is not for us. */
	if (c->foreground && (signum == SIGINT || signum == SIGWINCH))
		return;
	if (c->linear && signum == SIGINT) {
		keys_press(c, "ctrl-c", false);
		return;
	}
	if (signum == SIGWINCH) {
		loop_timer_start(c->resize, RESIZE_MS);
		return;
	}
	c->exit = 128 + signum;
	c->leaving = true;
	loop_stop(c->loop);
}

/* From outside: back to the shell as ctrl-z does, and again here. */
static void
on_stopped(void *user, int signum)
{
	struct console *c = user;

	(void)signum;
	if (!c->foreground)
		console_suspend(c);
}

void
console_suspend(struct console *c)
{
	term_suspend(c->term);
	raise(SIGSTOP);
	term_resume(c->term);
	console_dirty(c);
}

/* Before all others, unless something is asked. */
static bool
screen_takes(struct console *c, const struct key *key)
{
	struct view *v = console_view(c);

	if (c->overlay.kind != OVERLAY_NONE || !v->class->typed)
		return false;
	c->flash[0] = '\0';
	if (!v->class->typed(v, key))
		return false;
	console_dirty(c);
	return true;
}

static void
take_keys(void *user)
{
	struct console *c = user;
	struct key key;

	while (!c->leaving && !c->foreground && term_key(c->term, &key)) {
		if (!screen_takes(c, &key) && !pointer_press(c, &key))
			keys_press(c, key.name, key.printable);
	}
	if (c->foreground) /* what was typed ahead is not for us any more */
		return;
	int wait = term_wait(c->term);
	if (wait >= 0)
		loop_timer_start(c->escape, wait);
}

static void
on_input(void *user, unsigned events)
{
	struct console *c = user;

	(void)events;
	if (!c->linear)
		take_keys(c);
	else if (!linear_read(c->linear))
		on_signal(c, SIGHUP);
	if (!c->leaving && !term_alive(c->term))
		on_signal(c, SIGHUP);
}

/* Those of drover ui; drover alone has none. */
static const struct ui_options *
options_of(const struct call *call)
{
	static const struct ui_options none = { 0 };

	return call->command == &command_ui && call->options ? call->options : &none;
}

static bool
wants_ascii(const struct console *c)
{
	const char *said = getenv("DROVER_ASCII");

	return (said && *said) || !term_is_utf8(c->term) || c->linear || options_of(c->call)->ascii;
}

/* What P offers at first: the operand of drover ui, else the environment's. */
static const char *
first_playbook(const struct call *call)
{
	const char *said = getenv("DROVER_PLAYBOOK");

	if (call->argc > 0)
		return call->argv[0];
	return said && *said ? said : "playbook.yaml";
}

/* NULL: there is no screen of that name. */
static const struct view_class *
screen_named(const char *name)
{
	for (size_t i = 0; console_tabs[i]; i++) {
		if (str_eq(console_tabs[i]->name, name))
			return console_tabs[i];
	}
	return NULL;
}

static bool
screen_is_known(struct call *call)
{
	const char *name = options_of(call)->screen;
	autobuf names = BUF_INIT(500);

	if (!name || screen_named(name))
		return true;
	for (size_t i = 0; console_tabs[i]; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", console_tabs[i]->name);
	call_usage(call, "there is no screen '%s'; there are %s", name, buf_text(&names));
	return false;
}

static void
start(struct console *c, const char *terms)
{
	const struct inventory *inv = c->call->inventory;

	c->loop = c->call->loop;
	c->canvas = canvas_new(24, 80);
	c->hosts = xcalloc(inventory_count(inv) + 1, sizeof(*c->hosts));
	c->scene = (struct scene){ .fleet = inventory_fleet(inv),
		.environment = inventory_environment(inv),
		.hosts = c->hosts,
		.count = inventory_count(inv),
		.ascii = wants_ascii(c),
		.keymap = c->keymap };
	c->readonly = options_of(c->call)->readonly;
	c->scene.writable =
	    !c->readonly && (!c->scene.environment || !c->scene.environment->readonly);
	c->testing = getenv("DROVER_TEST") != NULL;
	str_copy(c->playbook, sizeof(c->playbook), first_playbook(c->call));
	c->outputs = outputs_new();
	services_init(c);
	c->sight = xcalloc(c->scene.count + 1, sizeof(*c->sight));
	c->services.fleet = c->fleet = feed_fleet_new(c);
	c->host_feed = feed_host_new(c);
	c->services.host = feed_host_source(c->host_feed);
	c->samples = feed_samples_new(c);
	c->services.samples = feed_samples_source(c->samples);
	c->logs = feed_logs_new(&(struct feed_logs_config){
	    .herd = c->herd, .changed = c->services.changed, .user = c });
	c->services.logs = c->logs;
	c->terms = c->linear ? NULL : feed_terms_new(c, &c->rules);
	c->services.terms = c->terms ? feed_terms_of(c->terms) : NULL;
	c->repaint = loop_timer_new(c->loop, on_repaint, c);
	c->tick = loop_timer_new(c->loop, console_tick, c);
	c->resize = loop_timer_new(c->loop, on_resized, c);
	c->escape = loop_timer_new(c->loop, take_keys, c);
	c->poll = poll_new(c->herd, on_polled, c);
	c->launch = launch_new(&(struct launch_config){ .herd = c->herd,
	    .vars = c->call->globals.vars.item,
	    .changed = on_run_changed,
	    .ended = on_run_ended,
	    .user = c });
	c->apps_feed = apps_feed_new(c);
	c->services.apps = apps_feed_source(c->apps_feed);
	c->plan_feed = plan_feed_new(c);
	c->services.plan = plan_feed_source(c->plan_feed);
	c->run_feed = run_feed_new(c);
	c->services.run = run_feed_source(c->run_feed);
	c->history = feed_history_new(&(struct feed_history_config){ .loop = c->loop,
	    .ledger = c->call->ledger,
	    .launch = c->launch,
	    .poll = c->poll,
	    .outputs = c->outputs,
	    .changed = on_run_changed,
	    .user = c });
	c->services.history = feed_history_source(c->history);
	console_build_scene(c);
	console_read_marks(c);
	c->depth = 1;
	c->views[0] = (struct view){ .class = &view_fleet,
		.scene = &c->scene,
		.services = &c->services,
		.state = xcalloc(1, view_fleet.state_size) };
	if (options_of(c->call)->screen)
		console_open(c, screen_named(options_of(c->call)->screen), NULL);
	if (terms)
		console_open(c, &view_terms, terms);
	console_dirty(c);
	console_tick(c);
}

static void
finish(struct console *c)
{
	console_close(c);
	while (c->overlay.kind != OVERLAY_NONE)
		overlay_close(&c->overlay);
	apps_feed_free(c->apps_feed);
	plan_feed_free(c->plan_feed);
	feed_logs_free(c->logs);
	feed_terms_free(c->terms);
	terms_rules_fini(&c->rules);
	run_feed_free(c->run_feed);
	verbs_free(c);
	feed_history_free(c->history);
	launch_free(c->launch);
	poll_free(c->poll);
	loop_timer_free(c->repaint);
	loop_timer_free(c->tick);
	loop_timer_free(c->resize);
	loop_timer_free(c->escape);
	canvas_free(c->canvas);
	c->call->console_ask = NULL;
	c->call->console_unask = NULL;
	questions_free(c);
	services_free(c);
	command_free(c);
	messages_free(c->messages);
	foreground_free(c);
	feed_fleet_free(c->fleet);
	feed_host_free(c->host_feed);
	feed_samples_free(c->samples);
	free(c->sight);
	free(c->hosts);
	keymap_free(c->keymap);
}

static struct term *
open_term(const struct call *call, struct err *err)
{
	const struct environment *e = inventory_environment(call->inventory);
	const char *fleet = inventory_fleet(call->inventory);
	autofree char *title = e && e->name ? xasprintf("drover: %s %s", fleet, e->name)
					    : xasprintf("drover: %s", fleet);

	if (linear_wanted(options_of(call)->linear))
		return term_open_lines(err);
	return term_open(&(struct term_config){ .colour = out_colour(call->out),
			     .mouse = !options_of(call)->no_mouse,
			     .tint = e ? e->colour : NULL,
			     .title = title },
	    err);
}

static int
not_opened(struct console *c, int code)
{
	messages_free(c->messages);
	keymap_free(c->keymap);
	terms_rules_fini(&c->rules);
	return code;
}

/* terms: the set to open terminals on; NULL: the screen that was asked for. */
static int
open_console(struct call *call, const char *terms)
{
	static const int signals[] = { SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGTSTP };
	struct loop_signal *sources[countof(signals)];
	struct console c = { .call = call };
	struct err err;

	call->console_ask = questions_put;
	call->console_unask = questions_withdraw;
	call->console_state = &c;
	if (!screen_is_known(call))
		return call->exit;
	c.messages = messages_new();
	c.keymap = console_keymap(call, NULL);
	c.herd = c.keymap && console_rules(call, &c.rules) ? call_herd(call) : NULL;
	if (!c.herd)
		return not_opened(&c, call->exit);
	c.term = open_term(call, &err);
	if (!c.term)
		return not_opened(&c, call_fail(call, &err));
	if (linear_wanted(options_of(call)->linear))
		c.linear = linear_new(&c);
	if (!c.term)
		return not_opened(&c, call_fail(call, &err));
	start(&c, terms);
	c.input = loop_io_new(c.loop, STDIN_FILENO, on_input, &c);
	loop_io_want(c.input, LOOP_READ);
	for (size_t i = 0; i < countof(signals); i++)
		sources[i] = loop_signal_new(
		    c.loop, signals[i], signals[i] == SIGTSTP ? on_stopped : on_signal, &c);
	loop_run(c.loop);
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(sources[i]);
	loop_io_free(c.input);
	linear_free(c.linear);
	finish(&c);
	term_close(c.term);
	retention_apply(call);
	return c.exit;
}

int
tui_main(struct call *call)
{
	return open_console(call, NULL);
}

int
tui_terms(struct call *call, const struct set *set)
{
	autofree const char **names = xcalloc(set->count + 1, sizeof(*names));

	for (size_t i = 0; i < set->count; i++)
		names[i] = set->hosts[i]->name;
	autofree char *words = names_fold(names, set->count);
	return open_console(call, words);
}
