/*
 * Threads for the few calls that must block: name look-ups, key decryption.
 *
 * Owns its threads. A job shares nothing with the loop while it runs; its done()
 * runs on the loop. More jobs than threads wait in order.
 */
#ifndef DROVER_BASE_WORK_H
#define DROVER_BASE_WORK_H

struct work;
struct loop;
struct err;

/* threads are started as they are needed, at most max of them. */
struct work *work_new(struct loop *loop, int max, struct err *err);

/* Waits for no job: what runs is left to end by itself, what waits is dropped; no done() is called
 * any more. A job's data must therefore be its own; drop(data), if given, frees it. */
void work_free(struct work *w);

struct work_job {
	void (*run)(void *data);              /* on a thread */
	void (*done)(void *data, void *user); /* on the loop; owns data from here on */
	void (*drop)(void *data);             /* instead of done(), after work_free() */
	void *data;
	void *user;
};

void work_add(struct work *w, const struct work_job *job);

#endif
