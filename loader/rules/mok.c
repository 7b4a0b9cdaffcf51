// SPDX-License-Identifier: GPL-2.0-only
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/lockdown.h"
#include "rules/table.h"
#include "util/reason.h"

/* The certificates of this site, which package lwtools-mok has */
#define CERTIFICATES "usr/share/lwtools/mok"
/*
 * Lists of certificates in DER (EFI_SIGNATURE_LIST of the UEFI specification), so they have the bytes of each: shim's
 * variables (its lib/guid.c), the same without the limit of a variable's size
 * (Documentation/ABI/testing/sysfs-firmware-efi-mok-variables), and the firmware's own keys, among which a kernel of
 * Debian also looks (EFI_IMAGE_SECURITY_DATABASE_GUID).
 */
#define EFIVARS "sys/firmware/efi/efivars/"
#define SHIM "-605dab50-e046-4300-abb6-3dd810dd8b23"
#define ENROLLED EFIVARS "MokListRT" SHIM
#define PENDING EFIVARS "MokNew" SHIM
#define ALL_ENROLLED "sys/firmware/efi/mok-variables/MokListRT"
#define FIRMWARE EFIVARS "db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define LIMIT (1 << 20)

/* All bytes of a file, at most LIMIT; NULL if it cannot be read. The caller frees them. */
static char *read_all(const char *path, size_t *size)
{
	char *bytes = malloc(LIMIT);
	FILE *file = fopen(path, "re");

	*size = bytes && file ? fread(bytes, 1, LIMIT, file) : 0;
	if (file)
		fclose(file);
	if (*size)
		return bytes;
	free(bytes);
	return NULL;
}

/* Has this file below the root the bytes of the certificate? */
static bool file_has(const char *root, const char *file, const char *certificate, size_t len)
{
	char path[PATH_MAX], *bytes;
	size_t size;
	bool has;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	bytes = read_all(path, &size);
	has = bytes && memmem(bytes, size, certificate, len);
	free(bytes);
	return has;
}

/* Returns LW_RULE_WARN only if the kernel asks for signatures. */
static enum lw_result ask(const char *root, const char *path, struct lw_reason *why)
{
	enum lw_result result = lw_lockdown_asks(root) ? LW_RULE_WARN : LW_RULE_OK;
	const char *name = strrchr(path, '/') + 1;
	size_t len;
	char *certificate = read_all(path, &len);

	if (!certificate) {
		lw_because(why, "%s cannot be read; reinstall lwtools-mok", path);
	} else if (file_has(root, FIRMWARE, certificate, len)) {
		lw_because(why, "%s is among the firmware's own keys", name);
		result = LW_RULE_OK;
	} else if (file_has(root, ENROLLED, certificate, len) ||
		   file_has(root, ALL_ENROLLED, certificate, len)) {
		lw_because(why, "%s is enrolled", name);
		result = LW_RULE_OK;
	} else if (file_has(root, PENDING, certificate, len)) {
		lw_because(
			why,
			"%s is enrolled at the next boot, once its password is given at the console",
			name);
	} else {
		lw_because(why,
			   "%s is not enrolled; mokutil --import /" CERTIFICATES "/%s, then boot",
			   name, name);
	}
	free(certificate);
	return result;
}

/*
 * mok - are the site's certificates among those that shim gives to the kernel (MokListRT), or will they be (MokNew, which
 * mokutil writes)? The kernel takes modules that one of their keys has signed (security/integrity/platform_certs/load_uefi.c;
 * Debian's patches in kernel/module/signing.c). LW_RULE_SKIP without a certificate or without EFI.
 */
enum lw_result lw_rule_mok(const struct lw_subject *subject, struct lw_reason *why)
{
	enum lw_result result = LW_RULE_OK;
	char path[PATH_MAX];
	glob_t found = { 0 };
	size_t i;

	snprintf(path, sizeof(path), "%s/sys/firmware/efi", subject->root);
	if (access(path, F_OK)) {
		lw_because(why, "the machine was not booted by EFI");
		return LW_RULE_SKIP;
	}
	snprintf(path, sizeof(path), "%s/" CERTIFICATES "/*.der", subject->root);
	if (glob(path, 0, NULL, &found)) {
		lw_because(why, "no certificate is in /" CERTIFICATES);
		return LW_RULE_SKIP;
	}
	for (i = 0; i < found.gl_pathc && result == LW_RULE_OK; i++)
		result = ask(subject->root, found.gl_pathv[i], why);
	globfree(&found);
	return result;
}
