/* What the parts of expressions share: the tree, its reading, its evaluation. For
 * playbooks/{reading,expression*,filter,test,render*}.c alone. */
#ifndef DROVER_PLAYBOOKS_EXPRESSION_INNER_H
#define DROVER_PLAYBOOKS_EXPRESSION_INNER_H

#include "base/strmap.h"
#include "playbooks/scope.h"
#include "playbooks/value.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct filter;
struct test;

#define NEST_MAX   32  /* parentheses, lists, blocks in one another */
#define DEPTH_MAX  200 /* of the tree: operators and filters in a row */
#define ARGS_MAX   3
#define ITEMS_MAX  1000
#define STEPS_MAX  1000000
#define MEMORY_MAX ((size_t)64 << 20)
#define OUTPUT_MAX ((size_t)8 << 20)
#define RANGE_MAX  10000
#define NAME_LONG  128

enum node_kind {
	NODE_LITERAL,
	NODE_NAME,
	NODE_LIST,   /* arg */
	NODE_PART,   /* a.name, a[index]: child 0 and 1 */
	NODE_FILTER, /* child 0 through filter(arg) */
	NODE_TEST,   /* child 0 is test(arg) */
	NODE_NOT,
	NODE_MINUS,
	NODE_BINARY, /* child 0 op child 1 */
	NODE_AND,
	NODE_OR,
	NODE_CHOICE, /* child 0 if child 1 else child 2 */
	NODE_RANGE   /* range(arg) */
};

enum binary {
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_MORE,
	OP_MORE_EQUAL,
	OP_IN,
	OP_NOT_IN,
	OP_ADD,
	OP_SUBTRACT,
	OP_JOIN,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_REMAINDER
};

struct node {
	enum node_kind kind;
	enum binary op;
	const char *at, *end; /* in the source */
	int depth;
	bool told;            /* a mistake of this node: once is enough */
	bool negated;         /* is not */
	struct value literal; /* LITERAL; the name of NAME */
	const struct filter *filter;
	const struct test *test;
	struct node *child[3];
	struct node **arg;
	size_t args;
};

/* A source being read. What is wrong is told at once; then bad is set. */
struct reading {
	const struct source *source;
	struct arena *arena;
	struct diag *diag;
	const char *at, *end;
	int nest;
	bool bad;
};

__attribute__((format(printf, 3, 4))) void reading_wrong(
    struct reading *r, const char *at, const char *fmt, ...);
void reading_skip_space(struct reading *r);
/* The word stands next and is taken. */
bool reading_take_word(struct reading *r, const char *word);
/* A sign (not a word) stands next; take: and is taken. */
bool reading_sees(struct reading *r, const char *sign);
bool reading_take_sign(struct reading *r, const char *sign);
/* What ends a tag of a template stands next; its - and + are no operators. */
bool reading_at_close(struct reading *r);
/* How many bytes of the rest to show in a message. */
int reading_shown(const struct reading *r);
/* The bytes of the name that stands next, or 0. */
size_t reading_name_length(const struct reading *r);
bool reading_is_name_char(char c);
/* A backslash and what follows it, in quotes. */
bool reading_take_escape(struct reading *r, struct buf *to);
/* A name into `name` of NAME_LONG bytes; false when there is none. */
bool reading_take_name(struct reading *r, char *name);

/* An expression; NULL when a mistake was told. It ends where it cannot go on. Without choice, `if`
 * ends it. */
struct node *node_read(struct reading *r, bool choice);

/* One evaluation of one source: what it may use and has used. */
struct evaluation {
	const struct source *source;
	const struct scope *scope;
	const struct scope_local *locals;
	struct arena *arena; /* of its own: its size is the memory used */
	struct diag *diag;
	size_t steps;
	int maybe;    /* > 0: what is not known yet decides whether this counts: mistakes warn */
	bool bad;     /* a mistake was told that counts */
	bool stopped; /* a ceiling was reached */
	bool later;
	struct strmap known; /* names that were looked up, to positions in value */
	struct value *value;
	size_t count, cap;
};

void evaluation_begin(
    struct evaluation *e, const struct source *s, const struct scope *scope, struct diag *diag);
void evaluation_end(struct evaluation *e);

/* Count work; false when the ceiling is reached, which is told once. */
bool evaluation_charge(struct evaluation *e, size_t steps);

/* Tell a mistake of a node, once. BAD. */
__attribute__((format(printf, 3, 4))) struct value evaluation_wrong(
    struct evaluation *e, struct node *n, const char *fmt, ...);

/* The result of a binary operator; a and b are known. */
struct value node_operated(
    struct evaluation *e, struct node *n, const struct value *a, const struct value *b);

struct value node_value(struct evaluation *e, struct node *n);

/* As a condition: BOOL, LATER or BAD. */
struct value node_condition(struct evaluation *e, struct node *n);

/* A value that must be known: a name that nobody knows is told. */
struct value node_known(struct evaluation *e, struct node *n);

#endif
