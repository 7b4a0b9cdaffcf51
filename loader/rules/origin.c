// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/serial.h"
#include "module/trust.h"
#include "rules/origin.h"
#include "rules/table.h"
#include "util/log.h"

static void skip(struct lw_answer *answer, const char *text)
{
	lw_because(&answer->why, "%s", text);
	answer->result = LW_RULE_SKIP;
}

/* The file beside the module. */
static void path_beside(const struct lw_tool *tool, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%.*s/%s", (int)(strrchr(tool->path, '/') - tool->path), tool->path,
		 name);
}

/* ---- the manifest and who signed it: of the bytes as they are in the file ---- */

static int read_manifest(const struct lw_tool *tool, struct lw_origin *origin, size_t *size)
{
	char path[PATH_MAX];
	int err;

	path_beside(tool, LW_MANIFEST, path, sizeof(path));
	err = lw_trust_read(tool->dir, path, LW_MANIFEST_LIMIT, &origin->text, size,
			    &origin->manifest_rule.why);
	if (err == -ENOENT)
		lw_because(
			&origin->manifest_rule.why,
			"no %s beside it to vouch for it; reinstall the package that has it, or use --unsigned",
			LW_MANIFEST);
	if (err)
		origin->manifest_rule.result = err == -ENOENT ? LW_RULE_WAIVABLE : LW_RULE_FAIL;
	return err;
}

static void no_key(struct lw_origin *origin)
{
	struct lw_reason found = origin->signed_rule.why;

	lw_because(&origin->signed_rule.why, "%.900s; install the key, or use --unsigned",
		   found.text);
}

static void check_signature(const struct lw_tool *tool, const char *root, size_t size,
			    struct lw_origin *origin)
{
	struct lw_reason *reason = &origin->signed_rule.why;
	char path[PATH_MAX], *text;
	size_t n;
	int err;

	path_beside(tool, LW_MANIFEST ".sig", path, sizeof(path));
	err = lw_trust_read(tool->dir, path, LW_SIGNATURE_LIMIT, &text, &n, reason);
	if (err == -ENOENT)
		lw_because(
			reason,
			"no %s.sig beside it: the manifest is not signed; sign it, or use --unsigned",
			LW_MANIFEST);
	if (err) {
		origin->signed_rule.result = err == -ENOENT ? LW_RULE_WAIVABLE : LW_RULE_FAIL;
		return;
	}
	err = lw_signature_check(root, origin->text, size, text, n, &origin->signer, reason);
	free(text);
	if (err == -ENOKEY)
		no_key(origin);
	if (err)
		origin->signer.name[0] = '\0';
	origin->signed_rule.result = !err             ? LW_RULE_OK
				     : err == -ENOKEY ? LW_RULE_WAIVABLE
						      : LW_RULE_FAIL;
}

/* ---- what the manifest says ---- */

static void check_manifest(const struct lw_tool *tool, const char *release, size_t size,
			   struct lw_origin *origin)
{
	struct lw_manifest *manifest = &origin->manifest;
	struct lw_reason found, *reason = &origin->manifest_rule.why;
	enum lw_result result = LW_RULE_FAIL;

	if (lw_manifest_parse(origin->text, size, tool->module, manifest, &found)) {
		lw_because(reason, "%s: %s", LW_MANIFEST, found.text);
		memset(manifest, 0, sizeof(*manifest));
	} else if (strcmp(manifest->release, release)) {
		lw_because(reason,
			   "%s is for kernel %s, this kernel is %s; apt install lwtools-modules-%s",
			   LW_MANIFEST, manifest->release, release, release);
	} else if (!manifest->hash) {
		lw_because(
			reason,
			"%s does not list %s; reinstall the package that has it, or use --unsigned",
			LW_MANIFEST, tool->module);
		result = LW_RULE_WAIVABLE;
	} else {
		lw_because(reason, "lists it; version %s, SystemTap %s",
			   manifest->version ? manifest->version : "unknown",
			   manifest->systemtap ? manifest->systemtap : "unknown");
		result = LW_RULE_OK;
	}
	origin->manifest_rule.result = result;
}

static void check_hash(const struct lw_tool *tool, struct lw_origin *origin)
{
	const char *want = origin->manifest.hash;
	char found[LW_HASH + 1];

	if (!want) {
		skip(&origin->hash_rule, "no manifest lists it");
		return;
	}
	lw_hash(tool->image, tool->size, found);
	if (strcmp(found, want)) {
		lw_because(
			&origin->hash_rule.why,
			"the file is not the one of its manifest: its hash is %s, wanted %s; reinstall the package that has it",
			found, want);
		origin->hash_rule.result = LW_RULE_FAIL;
		return;
	}
	lw_because(&origin->hash_rule.why, "%s", found);
	origin->hash_rule.result = LW_RULE_OK;
}

static void check_serial(const char *root, const char *release, struct lw_origin *origin)
{
	uint64_t serial = origin->manifest.serial;

	if (!origin->signer.name[0] || !serial) {
		skip(&origin->serial_rule, "no manifest that is signed");
		return;
	}
	if (lw_serial_seen(root, release, &origin->seen, &origin->serial_rule.why)) {
		origin->serial_rule.result = LW_RULE_FAIL;
		return;
	}
	if (serial < origin->seen) {
		lw_because(
			&origin->serial_rule.why,
			"%" PRIu64 ", and %" PRIu64
			" has been used on this host: an older one may have been put in its place; upgrade, or use --older, or remove %s/" LW_SERIALS
			"/%s",
			serial, origin->seen, root, release);
		origin->serial_rule.result = LW_RULE_WAIVABLE;
		return;
	}
	lw_because(&origin->serial_rule.why, "%" PRIu64 ", %s", serial,
		   serial > origin->seen ? "higher than any used on this host"
					 : "the highest used on this host");
	origin->serial_rule.result = LW_RULE_OK;
}

void lw_origin_read(const struct lw_tool *tool, const char *root, const char *release,
		    struct lw_origin *origin)
{
	size_t size;

	memset(origin, 0, sizeof(*origin));
	origin->read = true;
	if (read_manifest(tool, origin, &size)) {
		skip(&origin->signed_rule, "no manifest");
	} else {
		/* Before it is cut into parts. */
		check_signature(tool, root, size, origin);
		if (origin->signed_rule.result != LW_RULE_FAIL)
			check_manifest(tool, release, size, origin);
		else
			skip(&origin->manifest_rule, "not looked at: its signature is refused");
	}
	check_hash(tool, origin);
	check_serial(root, release, origin);
}

void lw_origin_free(struct lw_origin *origin)
{
	free(origin->text);
}

/* ---- the rules ---- */

static const struct lw_origin *read_once(const struct lw_subject *subject)
{
	struct lw_origin *origin = subject->origin;

	if (!origin->read)
		lw_origin_read(subject->tool, subject->root, subject->release, origin);
	return origin;
}

static enum lw_result give(const struct lw_answer *answer, struct lw_reason *why)
{
	*why = answer->why;
	return answer->result;
}

/* manifest - does a manifest for this kernel lie beside the module, and list it? */
enum lw_result lw_rule_manifest(const struct lw_subject *subject, struct lw_reason *why)
{
	return give(&read_once(subject)->manifest_rule, why);
}

/* signed - has a key of this host signed the manifest? (signature.h) */
enum lw_result lw_rule_signed(const struct lw_subject *subject, struct lw_reason *why)
{
	return give(&read_once(subject)->signed_rule, why);
}

/* hash - has the manifest the hash of the bytes held in memory, which get inserted? */
enum lw_result lw_rule_hash(const struct lw_subject *subject, struct lw_reason *why)
{
	return give(&read_once(subject)->hash_rule, why);
}

/* serial - has no newer manifest been used on this host? (serial.h) */
enum lw_result lw_rule_serial(const struct lw_subject *subject, struct lw_reason *why)
{
	return give(&read_once(subject)->serial_rule, why);
}

/* ---- after a run has begun ---- */

/* A manifest that nobody has signed is not believed. */
uint64_t lw_origin_serial(const struct lw_origin *origin)
{
	uint64_t serial = origin->manifest.serial;

	return origin->signer.name[0] && serial > origin->seen ? serial : 0;
}

void lw_origin_remember(const char *root, const char *release, uint64_t serial)
{
	struct lw_reason reason;

	/* With --staprun it need not be root who runs this. */
	if (serial && geteuid() == 0 && lw_serial_record(root, release, serial, &reason))
		lw_warn("an older version would not be noticed: %s", reason.text);
}
