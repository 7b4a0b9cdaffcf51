/* SPDX-License-Identifier: GPL-2.0-only */
/* table.h - all rules, and the ways through them */
#ifndef LW_TABLE_H
#define LW_TABLE_H

#include "rules/rule.h"

/*
 * The rules in the order in which a run asks them: name, topic, the things that it needs, the exit
 * code of a run that it ends, and the option that can let the run go on. The function of rule x is
 * lw_rule_x(); the comment above it has the source of its fact.
 */
#define LW_RULES(RULE)                                              \
	RULE(installed, LW_FORECAST, 0, LW_NO_MODULE, 0)            \
	RULE(trusted, LW_FORECAST, 0, LW_REFUSED, 0)                \
	RULE(name, LW_IDENTITY, LW_TOOL, LW_REFUSED, 0)             \
	RULE(release, LW_IDENTITY, LW_TOOL, LW_REFUSED, 0)          \
	RULE(build, LW_IDENTITY, LW_TOOL | LW_HERE, LW_REFUSED, 0)  \
	RULE(symbols, LW_FORECAST, LW_TOOL, LW_REFUSED, 0)          \
	RULE(user, LW_HOST, LW_HERE, LW_REFUSED, 0)                 \
	RULE(proc, LW_HOST, LW_HERE, LW_REFUSED, 0)                 \
	RULE(modules, LW_HOST, LW_HERE, LW_REFUSED, 0)              \
	RULE(lockdown, LW_HOST, LW_TOOL | LW_HERE, LW_REFUSED, 0)   \
	RULE(secureboot, LW_HOST, LW_TOOL | LW_HERE, LW_REFUSED, 0) \
	RULE(signature, LW_HOST, LW_TOOL, LW_REFUSED, 0)            \
	RULE(mok, LW_FORECAST, LW_HERE, LW_REFUSED, 0)              \
	RULE(fips, LW_HOST, LW_HERE, LW_REFUSED, 0)                 \
	RULE(taint, LW_HOST, LW_HERE, LW_REFUSED, 0)                \
	RULE(kprobes, LW_HOST, LW_TOOL | LW_HERE, LW_REFUSED, 0)    \
	RULE(ftrace, LW_HOST, LW_TOOL | LW_HERE, LW_REFUSED, 0)     \
	RULE(blacklist, LW_HOST, LW_TOOL | LW_HERE, LW_REFUSED, 0)  \
	RULE(addresses, LW_HOST, LW_TOOL | LW_HERE, LW_REFUSED, 0)  \
	RULE(running, LW_HOST, LW_HERE, LW_FAILED, 0)               \
	RULE(memory, LW_HOST, LW_TOOL | LW_HERE, LW_FAILED, 0)      \
	RULE(manifest, LW_ORIGIN, LW_TOOL, LW_REFUSED, LW_UNSIGNED) \
	RULE(signed, LW_ORIGIN, LW_TOOL, LW_REFUSED, LW_UNSIGNED)   \
	RULE(hash, LW_ORIGIN, LW_TOOL, LW_REFUSED, 0)               \
	RULE(serial, LW_ORIGIN, LW_TOOL, LW_REFUSED, LW_OLDER)

/* The functions */
#define LW_RULE_FUNCTION(name, ...) lw_rule_fn lw_rule_##name;
LW_RULES(LW_RULE_FUNCTION)

/* The number of rules */
#define LW_RULE_ONE(name, ...) +1
enum { LW_NRULES = LW_RULES(LW_RULE_ONE) };

extern const struct lw_rule lw_rules[LW_NRULES];

/*
 * lw_rule_check - asks one rule
 * Returns the result of its function, or LW_RULE_SKIP if the subject lacks something that it needs.
 */
enum lw_result lw_rule_check(const struct lw_rule *rule, const struct lw_subject *subject,
			     struct lw_reason *why);

/*
 * lw_rules_guard - may a run go on, by all rules of these kinds?
 * @kinds: of enum lw_kind
 *
 * Prints the first rule that fails. Rules that no option lets pass come first, so that nobody tries
 * an option in vain. If no rule fails, prints a warning for each that an option lets pass. Returns
 * LW_OK or the rule's code.
 */
enum lw_exit lw_rules_guard(const struct lw_subject *subject, unsigned int kinds);

#endif
