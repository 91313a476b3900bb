/*
 * The kinds of tasks that stand in a table: how each is wanted, looked for, judged and done.
 *
 * A kind is one module, kind_NAME.c with its two host programs. It reads its task
 * (listed in read_task's fields) into task_decl.detail, and offers the functions
 * below; observe, plan and request know nothing of it but this. What its programs
 * may count on stands at the head of host/observe.sh and host/carry.sh.
 */
#ifndef DROVER_PLAYBOOKS_KIND_H
#define DROVER_PLAYBOOKS_KIND_H

#include "playbooks/resource.h"

#include <stdbool.h>

struct arena;
struct buf;
struct desire;
struct task_decl;
struct verdict;

struct kind {
	enum resource_kind kind;
	const char *name; /* the task's key, and the KIND of its host functions */
	/* Fill in for one host: id ("user deploy"), title, detail, look, parts, absent, and digest,
	 * which stands for the whole wish in the manifest (empty: drover does not own it). kind, mark,
	 * then and app are there. False when a mistake was told (desire_wrong). */
	bool (*want)(struct desire *d, const struct task_decl *t, struct resource *r);
	/* The wish that what the manifest knows as r->id be gone: fill in title, detail and look; absent is
	 * set. NULL: nothing remains of it that could go. */
	void (*away)(struct arena *a, struct resource *r);
	/* Set class, why (plan_because), diff and doing of v->step; class is PLAN_SAME. Set back too
	 * where what was found can be put back: words for do_KIND, kept on the host with the act, which
	 * an undo hands to do_KIND there as they are (and the words of doing to redo it). After do_KIND
	 * succeeded the act keeps what look_KIND says; an undo finds it word for word or takes the host
	 * for changed by somebody else, so what look_KIND says must not change by itself (no times, no
	 * counters). */
	void (*decide)(struct verdict *v);
	const char
	    *common; /* functions that both count on, brought once for all kinds that share them */
	const char *look;  /* look_NAME() { ...; } of the observe program; NULL: it has none */
	const char *carry; /* do_NAME() { ...; } of the act; NULL: it does nothing */
};

/* NULL: a kind that is not of the table (files, units, services, images, commands). */
const struct kind *kind_find(enum resource_kind kind);

/* Whose look_KIND it is that looks for the resource: a unit that runs a container has a look of its own, and so has
 * that of an app. */
enum resource_kind kind_looking(const struct resource *r);

/* Append the host programs of a kind, once: there[] says which were. acts: what it does too. */
void kind_bring(enum resource_kind kind, bool acts, bool there[RESOURCE_KINDS], struct buf *to);

/* The word for a kind of resource in the records of an act: "file", "unit", "sysctl", ... */
const char *kind_name(enum resource_kind kind);
/* RESOURCE_KINDS: there is none of that name. */
enum resource_kind kind_parse(const char *name);

#endif
