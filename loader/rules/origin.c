// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/origin.h"
#include "module/serial.h"
#include "module/trust.h"

enum { MANIFEST, SIGNED, HASH, SERIAL };
const char *const lw_origin_rules[LW_NORIGIN] = { "manifest", "signed", "hash", "serial" };

static struct lw_reason *why(struct lw_origin *origin, int row)
{
	return &origin->rows[row].why;
}

static void set(struct lw_origin *origin, int row, enum lw_result result, enum lw_waiver waiver)
{
	origin->rows[row].result = result;
	origin->rows[row].waiver = waiver;
}

static void skip(struct lw_origin *origin, int row, const char *text)
{
	lw_reason(why(origin, row), "%s", text);
	set(origin, row, LW_RULE_SKIP, LW_NO_WAIVER);
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
			    why(origin, MANIFEST));
	if (err == -ENOENT)
		lw_reason(why(origin, MANIFEST),
			  "no %s beside it to vouch for it; reinstall the package that has it, or "
			  "use --unsigned",
			  LW_MANIFEST);
	if (err)
		set(origin, MANIFEST, LW_RULE_FAIL, err == -ENOENT ? LW_UNSIGNED : LW_NO_WAIVER);
	return err;
}

static void no_key(struct lw_origin *origin)
{
	struct lw_reason found = *why(origin, SIGNED);

	lw_reason(why(origin, SIGNED), "%.900s; install the key, or use --unsigned", found.text);
}

static void check_signature(const struct lw_tool *tool, const char *root, size_t size,
			    struct lw_origin *origin)
{
	struct lw_reason *reason = why(origin, SIGNED);
	char path[PATH_MAX], *text;
	size_t n;
	int err;

	path_beside(tool, LW_MANIFEST ".sig", path, sizeof(path));
	err = lw_trust_read(tool->dir, path, LW_SIGNATURE_LIMIT, &text, &n, reason);
	if (err == -ENOENT)
		lw_reason(reason,
			  "no %s.sig beside it: the manifest is not signed; sign it, or use "
			  "--unsigned",
			  LW_MANIFEST);
	if (err) {
		set(origin, SIGNED, LW_RULE_FAIL, err == -ENOENT ? LW_UNSIGNED : LW_NO_WAIVER);
		return;
	}
	err = lw_signature_check(root, origin->text, size, text, n, &origin->signer, reason);
	free(text);
	if (err == -ENOKEY)
		no_key(origin);
	if (err)
		origin->signer.name[0] = '\0';
	set(origin, SIGNED, err ? LW_RULE_FAIL : LW_RULE_OK,
	    err == -ENOKEY ? LW_UNSIGNED : LW_NO_WAIVER);
}

/* ---- what the manifest says ---- */

static void check_manifest(const struct lw_tool *tool, const char *release, size_t size,
			   struct lw_origin *origin)
{
	struct lw_manifest *manifest = &origin->manifest;
	struct lw_reason found, *reason = why(origin, MANIFEST);
	enum lw_waiver waiver = LW_NO_WAIVER;
	enum lw_result result = LW_RULE_FAIL;

	if (lw_manifest_parse(origin->text, size, tool->module, manifest, &found)) {
		lw_reason(reason, "%s: %s", LW_MANIFEST, found.text);
		memset(manifest, 0, sizeof(*manifest));
	} else if (strcmp(manifest->release, release)) {
		lw_reason(reason,
			  "%s is for kernel %s, this kernel is %s; apt install "
			  "lwtools-modules-%s",
			  LW_MANIFEST, manifest->release, release, release);
	} else if (!manifest->hash) {
		lw_reason(reason,
			  "%s does not list %s; reinstall the package that has it, or use "
			  "--unsigned",
			  LW_MANIFEST, tool->module);
		waiver = LW_UNSIGNED;
	} else {
		lw_reason(reason, "lists it; version %s, SystemTap %s",
			  manifest->version ? manifest->version : "unknown",
			  manifest->systemtap ? manifest->systemtap : "unknown");
		result = LW_RULE_OK;
	}
	set(origin, MANIFEST, result, waiver);
}

static void check_hash(const struct lw_tool *tool, struct lw_origin *origin)
{
	const char *want = origin->manifest.hash;
	char found[LW_HASH + 1];

	if (!want) {
		skip(origin, HASH, "no manifest lists it");
		return;
	}
	lw_hash(tool->image, tool->size, found);
	if (strcmp(found, want)) {
		lw_reason(why(origin, HASH),
			  "the file is not the one of its manifest: its hash is %s, wanted %s; "
			  "reinstall the package that has it",
			  found, want);
		set(origin, HASH, LW_RULE_FAIL, LW_NO_WAIVER);
		return;
	}
	lw_reason(why(origin, HASH), "%s", found);
	set(origin, HASH, LW_RULE_OK, LW_NO_WAIVER);
}

static void check_serial(const char *root, const char *release, struct lw_origin *origin)
{
	uint64_t serial = origin->manifest.serial;

	if (!origin->signer.name[0] || !serial) {
		skip(origin, SERIAL, "no manifest that is signed");
		return;
	}
	if (lw_serial_seen(root, release, &origin->seen, why(origin, SERIAL))) {
		set(origin, SERIAL, LW_RULE_FAIL, LW_NO_WAIVER);
		return;
	}
	if (serial < origin->seen) {
		lw_reason(why(origin, SERIAL),
			  "%" PRIu64 ", and %" PRIu64 " has been used on this host: an older one "
			  "may have been put in its place; upgrade, or use --older, or remove "
			  "%s/" LW_SERIALS "/%s",
			  serial, origin->seen, root, release);
		set(origin, SERIAL, LW_RULE_FAIL, LW_OLDER);
		return;
	}
	lw_reason(why(origin, SERIAL), "%" PRIu64 ", %s", serial,
		  serial > origin->seen ? "higher than any used on this host"
					: "the highest used on this host");
	set(origin, SERIAL, LW_RULE_OK, LW_NO_WAIVER);
}

void lw_origin_read(const struct lw_tool *tool, const char *root, const char *release,
		    struct lw_origin *origin)
{
	size_t size;

	memset(origin, 0, sizeof(*origin));
	if (read_manifest(tool, origin, &size)) {
		skip(origin, SIGNED, "no manifest");
	} else {
		/* Before it is cut into parts. */
		check_signature(tool, root, size, origin);
		if (origin->rows[SIGNED].result == LW_RULE_OK ||
		    origin->rows[SIGNED].waiver == LW_UNSIGNED)
			check_manifest(tool, release, size, origin);
		else
			skip(origin, MANIFEST, "not looked at: its signature is refused");
	}
	check_hash(tool, origin);
	check_serial(root, release, origin);
}

void lw_origin_free(struct lw_origin *origin)
{
	free(origin->text);
}

/* ---- a run ---- */

/* The first rule that fails and that none of these options lets pass; NULL if there is none. */
static const struct lw_reason *failure(const struct lw_origin *origin, unsigned int waivers)
{
	int i;

	for (i = 0; i < LW_NORIGIN; i++)
		if (origin->rows[i].result == LW_RULE_FAIL && !(origin->rows[i].waiver & waivers))
			return &origin->rows[i].why;
	return NULL;
}

int lw_origin_decide(const struct lw_tool *tool, const struct lw_origin *origin,
		     unsigned int waivers)
{
	const struct lw_reason *reason = failure(origin, LW_UNSIGNED | LW_OLDER);
	int i;

	/* What no option lets pass comes first: nobody should try one in vain. */
	if (!reason)
		reason = failure(origin, waivers);
	if (reason) {
		lw_error("%s: refused: %s", tool->path, reason->text);
		return -EPERM;
	}
	for (i = 0; i < LW_NORIGIN; i++)
		if (origin->rows[i].result == LW_RULE_FAIL)
			lw_warn("%s: taken, as --%s says: %s", tool->path,
				origin->rows[i].waiver == LW_OLDER ? "older" : "unsigned",
				origin->rows[i].why.text);
	return 0;
}

/* Of one that nobody has signed nothing is believed. */
static uint64_t new_serial(const struct lw_origin *origin)
{
	uint64_t serial = origin->manifest.serial;

	return origin->signer.name[0] && serial > origin->seen ? serial : 0;
}

int lw_origin_accept(const struct lw_tool *tool, const char *root, const char *release,
		     unsigned int waivers, uint64_t *serial)
{
	struct lw_origin origin;
	int err;

	lw_origin_read(tool, root, release, &origin);
	err = lw_origin_decide(tool, &origin, waivers);
	*serial = new_serial(&origin);
	lw_origin_free(&origin);
	return err;
}

void lw_origin_remember(const char *root, const char *release, uint64_t serial)
{
	struct lw_reason reason;

	/* With --staprun it need not be root who runs this. */
	if (serial && geteuid() == 0 && lw_serial_record(root, release, serial, &reason))
		lw_warn("an older version would not be noticed: %s", reason.text);
}
