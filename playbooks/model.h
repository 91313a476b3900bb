/*
 * A playbook as it was read: what is declared, templates still unfilled.
 *
 * Plain data in the playbook's arena, made by the readers and evaluated for each
 * host by desire. Nothing outside of playbooks/ looks at it.
 */
#ifndef DROVER_PLAYBOOKS_MODEL_H
#define DROVER_PLAYBOOKS_MODEL_H

#include "base/field.h"
#include "playbooks/app.h"
#include "playbooks/playbook.h"
#include "playbooks/render.h"
#include "playbooks/resource.h"
#include "playbooks/tags.h"
#include "playbooks/value.h"

struct arena;
struct digest;

/* A text to be filled in, or (literal) to be taken as it is. */
struct text_decl {
	struct source source;
	bool literal;
};

/* A value of vars: or of a loop. */
struct value_decl {
	enum { VALUE_DECL_FIXED, VALUE_DECL_TEMPLATE, VALUE_DECL_EXPRESSION } form;
	struct source source;
	struct value value;
};

struct var_decl {
	const char *name;
	struct value_decl value;
};

#define STEP_LOOP_MAX 1000

/* A list as it is written, or an expression that gives one. */
struct loop_decl {
	struct value_decl *item; /* NULL: list */
	size_t count;
	struct source list;
};

/* What stands beside a task or an app: whether, how often, with what. */
struct step_decl {
	struct source *when; /* all must hold */
	size_t when_count;
	struct loop_decl *loop; /* NULL: once */
	struct field_texts tags;
	struct var_decl *var;
	size_t var_count;
};

struct argv_decl {
	struct source *item;
	size_t count;
	const char *shell; /* instead of items: text for sh -c, without templates */
	struct mark mark;
};

struct then_decl {
	struct follow_up follow; /* argv is filled in for each host */
	struct argv_decl argv;
};

struct env_decl {
	const char *name;
	struct source value;
};

struct image_decl {
	struct source name;  /* not given when it is an archive */
	const char *archive; /* absolute path */
	const char *archive_name;
	char id[65];
	uint64_t size;
	struct mark mark;
	bool absent; /* a task's: it is to go */
};

struct file_decl {
	const char *path; /* in the container */
	struct mark mark;
	struct text_decl content;
	const char *volume;
	struct source dir;
	int64_t tmpfs; /* its size; 0: it is none */
	int64_t mode;
	bool writable, unexported;
};

struct health_decl {
	struct health health; /* port and address are filled in from the app's port */
	const char *port;     /* its name */
	struct mark mark;
	bool said;
};

struct drain_decl {
	struct argv_decl before, after;
	int64_t limit_ms;
};

struct life_decl {
	const char *restart, *stop_signal;
	int64_t stop_ms;
	struct source user, workdir;
	struct env_decl *label;
	size_t label_count;
};

struct log_decl {
	const char *namespace;
	struct source file; /* not given: none */
	int64_t max, keep;
	struct mark mark;
};

struct app_decl {
	const char *name;
	struct mark mark;
	enum app_form form;
	struct source as; /* whose it is to be; not said: root's */
	struct image_decl image;
	struct app_binary binary;
	struct field_texts relaxed;
	int64_t replicas, keep;
	struct app_port *port;
	size_t port_count;
	struct env_decl *env;
	size_t env_count;
	struct file_decl *file;
	size_t file_count;
	struct argv_decl command, args;
	struct life_decl life;
	struct field_texts needs;
	struct app_limits limits;
	struct app_sandbox sandbox;
	struct log_decl log;
	const char *network;
	const char *on_change;
	struct health_decl health;
	struct drain_decl drain;
	struct step_decl step; /* when and tags */
};

/* What stands beside run and script. */
struct command_decl {
	bool is_script; /* its text is the task's content, task_decl.run its arguments */
	struct field_texts with;
	struct source input, cwd;
	int64_t limit_ms;             /* 0: as long as it takes */
	const char *good, *unchanged; /* exit codes, "0,3"; NULL: 0, none; unchanged: or "all" */
};

struct task_decl {
	enum resource_kind kind;
	struct mark mark;
	const char *name;  /* `name:`, or NULL */
	int number;        /* from 1 */
	const char *title; /* name, or "task 3 (run)" */
	struct step_decl step;
	bool is_include;
	struct task_decl *inner; /* of an include */
	size_t inner_count;
	struct then_decl then;
	/* file and template; unit: its text */
	struct source path;
	struct text_decl content;
	int64_t mode;
	const char *owner, *group;
	bool absent; /* state: absent */
	struct argv_decl validate;
	bool secret;
	/* unit and service */
	const char *unit;
	struct source unit_name; /* when it holds a template */
	const char *state, *on_change;
	bool enabled, enabled_said;
	struct image_decl image;
	struct source as;   /* whose it is to be; not said: root's */
	const void *detail; /* a kind of the table: what its reader made */
	int64_t confirm_ms; /* as in struct resource */
	struct argv_decl undo;
	/* run and script */
	struct argv_decl run;
	struct command_decl command;
	struct source creates;
	const char *unless;
	struct env_decl *env;
	size_t env_count;
};

struct playbook {
	struct arena *arena;
	const char *path, *dir, *name, *hosts;
	const char *stem; /* of the file: the name where none is said */
	struct mark hosts_mark;
	char digest[65];
	struct rollout rollout;
	bool prune;
	struct field_vars vars;
	struct var *extra;
	size_t extra_count;
	struct app_decl *app; /* what an app needs stands in front of it */
	size_t app_count;
	struct task_decl *task;
	size_t task_count;
	struct tags tags;
	const char *const *notes; /* what the command line changed */
	size_t note_count;
	bool left_out; /* it is a copy without its tasks */
};

#endif
