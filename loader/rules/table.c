// SPDX-License-Identifier: GPL-2.0-only
#include "rules/table.h"
#include "util/log.h"
#include "util/reason.h"

#define ROW(name, ...) { #name, lw_rule_##name, __VA_ARGS__ },
const struct lw_rule lw_rules[LW_NRULES] = { LW_RULES(ROW) };

enum lw_result lw_rule_check(const struct lw_rule *rule, const struct lw_subject *subject,
			     struct lw_reason *why)
{
	if (rule->needs & LW_TOOL && !subject->tool) {
		lw_because(why, "not checked: the file is refused");
		return LW_RULE_SKIP;
	}
	if (rule->needs & LW_HERE && subject->elsewhere) {
		lw_because(why, "not the running kernel");
		return LW_RULE_SKIP;
	}
	return rule->check(subject, why);
}

static enum lw_exit say(const struct lw_subject *subject, const struct lw_rule *rule,
			const struct lw_reason *why)
{
	if (rule->kind == LW_HOST)
		lw_error("%s: %s: %s", subject->name, rule->name, why->text);
	else
		lw_error("%s: refused: %s", subject->tool->path, why->text);
	return rule->code;
}

static void say_waived(const struct lw_subject *subject, const struct lw_rule *rule)
{
	struct lw_reason why;

	if (lw_rule_check(rule, subject, &why) == LW_RULE_WAIVABLE)
		lw_warn("%s: taken, as --%s says: %s", subject->tool->path,
			rule->waiver == LW_OLDER ? "older" : "unsigned", why.text);
}

enum lw_exit lw_rules_guard(const struct lw_subject *subject, unsigned int kinds)
{
	const struct lw_rule *rule, *waivable = NULL, *end = lw_rules + LW_NRULES;
	struct lw_reason why, first;

	for (rule = lw_rules; rule < end; rule++) {
		enum lw_result result = LW_RULE_SKIP;

		if (rule->kind & kinds)
			result = lw_rule_check(rule, subject, &why);
		if (result == LW_RULE_FAIL)
			return say(subject, rule, &why);
		if (result == LW_RULE_WAIVABLE && !(rule->waiver & subject->waivers) && !waivable) {
			waivable = rule;
			first = why;
		}
	}
	if (waivable)
		return say(subject, waivable, &first);
	for (rule = lw_rules; rule < end; rule++)
		if (rule->kind & kinds && rule->waiver)
			say_waived(subject, rule);
	return LW_OK;
}
