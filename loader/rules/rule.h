/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rule.h - a rule is one fact about a module, a kernel or a host. A run asks the rules before it
 * inserts anything, and "lwload check" prints each answer.
 */
#ifndef LW_RULE_H
#define LW_RULE_H

#include <stdbool.h>

#include "module/tool.h"
#include "util/exit.h"
#include "util/reason.h"

/* The result of a rule */
enum lw_result {
	LW_RULE_OK,
	LW_RULE_WARN,
	LW_RULE_SKIP,
	LW_RULE_FAIL,
	LW_RULE_WAIVABLE, /* it fails, unless the run has the option that lets it pass */
};

/*
 * The options that let a run go on although a rule fails; bits.
 * LW_UNSIGNED: no key vouches for the module: there is no manifest, the manifest does not list it,
 *     or the manifest is not signed by a key of this host. It does not help if the manifest or
 *     its signature shows that bytes were changed.
 * LW_OLDER: a newer manifest has been used.
 */
enum lw_waiver { LW_NO_WAIVER = 0, LW_UNSIGNED = 1, LW_OLDER = 2 };

struct lw_origin;
struct lw_symbols;

/* The subject of the rules: a tool, a kernel, and the way in which the tool is to run */
struct lw_subject {
	const char *root; /* directory that holds etc, lib, proc, sys and var, "" on a real host */
	const char *release;        /* of the kernel */
	const char *name;           /* of the tool */
	const struct lw_tool *tool; /* NULL: its file is refused */
	int buffer;                 /* MiB for each processor */
	bool elsewhere;             /* the kernel is not the running one */
	bool run;                   /* the module is to be inserted now, not only looked at */
	bool staprun;               /* by the host's staprun */
	bool further;               /* beside another run of the tool: its module is renamed */
	unsigned int waivers;       /* the options that are given, enum lw_waiver */
	struct lw_origin *origin;   /* for LW_ORIGIN: read by the first rule, freed by the caller */
	/* For LW_FORECAST alone */
	const char *path;                /* of the module's file */
	const struct lw_reason *refusal; /* the reason why tool is NULL */
	struct lw_symbols *symbols;      /* of the kernel, shared by all tools */
};

/*
 * The function of a rule. *why has what was found, what was wanted and the next step. LW_RULE_SKIP:
 * the fact is not known
 *
 * Some facts can change a moment later: the user who asks, memory, other runs. They end a run, but
 * only give LW_RULE_WARN in "lwload check".
 */
typedef enum lw_result lw_rule_fn(const struct lw_subject *subject, struct lw_reason *why);

/* The topics of a rule; bits. */
enum lw_kind {
	LW_FORECAST = 1, /* will the kernel take it? A run learns this by trying; only check asks */
	LW_IDENTITY = 2, /* is the module for this kernel? */
	LW_HOST = 4,     /* does the host take it, and will it work? */
	LW_ORIGIN = 8,   /* does a key that this host trusts vouch for its bytes? */
};

/* The things that must be known to ask a rule; bits */
enum lw_needs {
	LW_TOOL = 1, /* the tool, not its name only */
	LW_HERE = 2, /* the running kernel */
};

struct lw_rule {
	const char *name;
	lw_rule_fn *check;
	enum lw_kind kind;
	unsigned int needs;
	enum lw_exit code;     /* of a run that it ends */
	enum lw_waiver waiver; /* LW_NO_WAIVER: it is never LW_RULE_WAIVABLE */
};

#endif
