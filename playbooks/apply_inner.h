/* What the parts of apply share: the hosts of a run and their execs. For playbooks/apply*.c alone. */
#ifndef DROVER_PLAYBOOKS_APPLY_INNER_H
#define DROVER_PLAYBOOKS_APPLY_INNER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "engine/errand.h"
#include "playbooks/follow.h"
#include "playbooks/observe.h"
#include "playbooks/plan.h"
#include "playbooks/prune.h"
#include "playbooks/reply.h"
#include "remote/remote.h"

#include <stdbool.h>
#include <stdint.h>

struct apply;
struct apply_host;
struct comeback;
struct diag;
struct err;
struct herd;
struct herd_host;
struct loop_timer;
struct bidding;
struct playbook;
struct back_reading;
struct release;
struct release_known;
struct release_change;
struct release_reading;
struct rollback_spec;
struct rollout_run;
struct run;
struct undo;
struct undo_spec;
struct apply_landing;
struct fetch_claims;
struct work;

/* What all hosts of an apply stand on. */
struct apply_ground {
	struct herd *herd;
	struct run *run;
	const struct playbook *playbook;
	const struct undo_spec *undo;          /* NULL: no undo */
	const struct rollback_spec *returning; /* NULL: no rollback of an app */
	const struct bidding *bidding;         /* NULL: no bidding */
	const char *who;
	bool no_prune, drift, late, cordoned_too;
	const struct kept *kept;
	struct rollout_run *rollout;
	bool rollback; /* on_failure */
	struct work *work;
	struct fetch_claims *claims; /* of all hosts */
};

/* One kind of exec: what is done with its output, its input, and its end. */
struct apply_exec {
	void (*data)(struct apply_host *h, const void *p, size_t n);
	void (*send)(struct apply_host *h); /* write what the channel takes */
	/* Once. e NULL: it never began, err says why. */
	void (*end)(struct apply_host *h, const struct channel_end *e, const struct err *err);
	int64_t limit_ms; /* 0: the end decides */
	/* It only reads: make ready to begin once more, on another session; gives the command anew.
	 * NULL: it may change things. */
	char *(*again)(struct apply_host *h);
};

struct apply_host {
	struct apply *apply;
	const struct apply_ground *ground;
	size_t index;
	struct herd_host *hh;
	const char *name;
	struct arena *arena;
	const struct resource *const *wanted;
	size_t wanted_count;
	const struct skipped *skipped;
	size_t skipped_count;
	const char *domain; /* of the rollout; NULL: none */
	size_t facts_used;  /* by wanted; if any, they are looked up anew after observe */
	struct observation *seen;
	struct prune prune;
	struct plan *plan;
	bool begun, resting, ended, cut;
	bool told;         /* its facts are */
	bool cordoned;     /* it is left alone */
	bool bidden;       /* what a bidding means here is in wanted */
	bool out, partial; /* left as it is; some of its steps are */
	int64_t began_ms;

	/* the exec in flight */
	const struct apply_exec *exec;
	char *command, nonce[REPLY_NONCE];
	struct errand *errand;
	struct buf input;
	size_t sent;
	bool whole; /* all of the input was handed over */
	unsigned session;
	bool retried;
	struct err lost; /* why the link is gone, while it is looked whether to begin anew */
	struct observe *observe;
	struct back_reading *looking_back;
	struct undo *undo;
	struct release_reading *releases;
	const struct release_known *release; /* a rollback of an app: what it becomes */
	const struct release *returned;
	struct release_change *change; /* what its act makes of the releases there; NULL: nothing */
	struct follow *follow;
	struct apply_images *images;
	int64_t reboot_ms;    /* how long the reboot in hand may take; 0: none is */
	int64_t reboot_until; /* our clock; 0: it has not gone yet */
	struct comeback *comeback;
	int64_t rc;      /* how the step ended that failed; 0: not known */
	int64_t step_ms; /* the host's clock at the start of the step in hand */

	/* its act waits to be confirmed */
	bool armed, confirmed;
	int64_t window_ms, until_ms, records; /* until when we try; 0: it never was armed */
	struct loop_timer *timer;
	/* its act is over, and may yet be taken back: the host has not ended */
	bool held;
	struct follow_result result;

	struct apply_landing *landing; /* what it fetches; in arena */
	bool unlanded;                 /* some of that is not here, though the act went well */
};

/* Start an exec; h->exec->end() comes in any case. The command is taken over. */
void apply_exec_start(struct apply_host *h, const struct apply_exec *exec, char *command);

/* How long one that only looks may take. */
#define APPLY_LOOK_MS 300000
/* Begin a host by a look that is sent nothing. */
void apply_look(struct apply_host *h, const struct apply_exec *exec);
/* In the end() of one that only looks: all came that will come, and nobody cut it. False: why is set. */
bool apply_looked(const struct apply_host *h, const struct channel_end *e, const struct err *err,
    struct err *why);
/* The send() of execs whose input is h->input. */
void apply_send_input(struct apply_host *h);
/* Cut what is in flight. */
void apply_exec_cut(struct apply_host *h);

struct apply_host *apply_host_at(struct apply *a, size_t i);

/* This host's part of the stage is over; it may have ended or not. */
void apply_rest(struct apply_host *h);
/* Our own ledger fails: no host starts any more. */
void apply_halt(struct apply_host *h);
/* The host's one end. */
void apply_host_end(struct apply_host *h, enum outcome o, const struct err *err, size_t changed);
/* An event of this host, begun. */
void apply_event(struct apply_host *h, struct event *e, enum event_kind kind);
void apply_emit(struct apply_host *h, struct event *e);

/* Its first event; the clock runs. */
void apply_begin(struct apply_host *h);
void apply_tell_plan(struct apply_host *h);

/* What is wanted instead was looked for: the plan of an undo. */
void apply_plan_undo(struct apply_host *h);
/* An undo that had to leave something alone is stale, however well the rest went. */
void apply_judge_undo(const struct apply_host *h, struct follow_result *r);

/* A rollback of an app: ask what the host keeps of it, and then observe what is wanted of the release. */
void apply_look_releases(struct apply_host *h);
/* Whose manifest lines and journal it is: the playbook's, or that of the release. */
const char *apply_owner(const struct apply_host *h);
/* What its act makes of the releases there, into the plan, and into h->prune what goes with them. */
void apply_change_releases(struct apply_host *h);
/* What else there is to say of a rollback. */
void apply_note_releases(struct apply_host *h);
/* A bidding: what it means where no host needs to be asked; and once the host was looked at. */
void apply_bidding_desire(struct apply_host *h);
void apply_bidding(struct apply_host *h);

/* What the host is to be, by the facts the seat remembers, or none: what stands on them is filled in
 * anew when the host has told its own. False when a mistake was told. */
bool apply_desire(struct apply_host *h, struct diag *diag);
/* The host has told its facts: fill in again what depends on them. 0 or -1. */
int apply_desire_again(struct apply_host *h, struct err *err);

/* All were looked at: who has to wait for whom, by what apps need of others, goes to the rollout. What there
 * is to say of it, freed by the caller; NULL: nobody waits. */
char *apply_order(const struct apply_host *hosts, size_t count);

/* Nothing was changed yet, and nothing will be. */
void apply_give_up(struct apply_host *h, enum outcome kind, const struct err *err);

/* Observed: look for what is to go too, if there is such a thing, and make the plan. */
void apply_prune(struct apply_host *h);
void apply_make_plan(struct apply_host *h);

/* An act's records, data, and what came of it at the end of an exec. */
void apply_record(void *user, const struct follow_record *r);
void apply_act_data(struct apply_host *h, const void *p, size_t n);
void apply_judge(struct apply_host *h, const struct channel_end *e, struct follow_result *r);
/* End or hold the host by this result, and rest; or only end it. */
void apply_act_over(struct apply_host *h, const struct follow_result *r);
void apply_result(struct apply_host *h, const struct follow_result *r);

/* Acts that want to be confirmed: told of each record; at the end of an exec true when another goes on;
 * cut while none is in flight. */
void apply_confirm_record(struct apply_host *h, const struct follow_record *r);
bool apply_confirm_goes_on(struct apply_host *h, struct follow_result *r);
bool apply_confirm_cut(struct apply_host *h);
/* The digest of its plan, as plans are kept. */
int apply_digest(const struct apply_host *h, char hex[65], struct err *err);

/* The link was lost over a reboot that the act asked for: wait for the host and follow on. */
void apply_reboot_record(struct apply_host *h, const struct follow_record *r);
bool apply_reboot_goes_on(struct apply_host *h, const struct follow_result *r);
void apply_reboot_cut(struct apply_host *h);

/* Files that come to the seat when the act is over: told of each step; true when the end waits for them,
 * after which apply_act_over() is called again; cut. */
void apply_land_record(struct apply_host *h, const struct follow_record *r);
bool apply_land_goes_on(struct apply_host *h, const struct follow_result *r);
bool apply_land_cut(struct apply_host *h);
void apply_land_free(struct apply_host *h);

/* True: it is cordoned, which this apply minds, and has ended. */
bool apply_set_aside(struct apply_host *h);

/* From here on its plan is what is done; or it is left out. */
void apply_settle_plan(struct apply_host *h);
void apply_hold_back(struct apply_host *h);

/* The stages, one host each. */
void apply_observe(struct apply_host *h);
/* An undo: ask what the act did there, and then observe what is wanted instead. */
void apply_look_back(struct apply_host *h);
void apply_fetch(struct apply_host *h);
void apply_act(struct apply_host *h);
void apply_return(struct apply_host *h); /* a held one: its act is taken back */
bool apply_fetches(const struct apply_host *h);
bool apply_acts(const struct apply_host *h);    /* there is something to send to it */
bool apply_differs(const struct apply_host *h); /* and it is about more than its manifest */
void apply_images_free(struct apply_images *i);

#endif
