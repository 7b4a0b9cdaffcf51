// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
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
/* shim's variables (its lib/guid.c) */
#define VARIABLE "sys/firmware/efi/efivars/%s-605dab50-e046-4300-abb6-3dd810dd8b23"
/* The firmware's own keys, among which a kernel of Debian also looks (UEFI specification, EFI_IMAGE_SECURITY_DATABASE_GUID) */
#define FIRMWARE "sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
/* Lists of keys that no single variable can hold: Documentation/ABI/testing/sysfs-firmware-efi-mok-variables */
#define WHOLE "sys/firmware/efi/mok-variables/%s"
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

static bool file_has(const char *path, const char *certificate, size_t len)
{
	size_t size;
	char *bytes = read_all(path, &size);
	bool has = bytes && memmem(bytes, size, certificate, len);

	free(bytes);
	return has;
}

/* A variable is a list of certificates in DER (EFI_SIGNATURE_LIST of the UEFI specification), so it has their bytes. */
static bool variable_has(const char *root, const char *name, const char *certificate, size_t len)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" WHOLE, root, name);
	if (file_has(path, certificate, len))
		return true;
	snprintf(path, sizeof(path), "%s/" VARIABLE, root, name);
	return file_has(path, certificate, len);
}

static bool firmware_has(const char *root, const char *certificate, size_t len)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" FIRMWARE, root);
	return file_has(path, certificate, len);
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
	} else if (firmware_has(root, certificate, len)) {
		lw_because(why, "%s is among the firmware's own keys", name);
		result = LW_RULE_OK;
	} else if (variable_has(root, "MokListRT", certificate, len)) {
		lw_because(why, "%s is enrolled", name);
		result = LW_RULE_OK;
	} else if (variable_has(root, "MokNew", certificate, len)) {
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
