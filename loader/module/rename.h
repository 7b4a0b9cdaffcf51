/* SPDX-License-Identifier: GPL-2.0-only */
/* rename.h - a module's bytes with another name */
#ifndef LW_RENAME_H
#define LW_RENAME_H

#include <stddef.h>

/*
 * lw_rename - copies a module's image and changes its name in the copy, so that it can be inserted beside its twin
 * @from: the module's name in the image
 * @to: the new name, of less than 56 bytes (MODULE_NAME_LEN in include/linux/module.h, less the NUL)
 * @copy: set to the copy, which the caller frees
 *
 * The kernel takes the name from struct module, in section .gnu.linkonce.this_module (setup_load_info() in
 * kernel/module/main.c). SystemTap's staprun -R changes it there as well (rename_module() in
 * staprun/staprun_funcs.c).
 *
 * The kernel's own signature after the image does not cover the copy, and is left out. The kernel refuses a wrong
 * signature even where it asks for none (module_sig_check() in kernel/module/signing.c).
 *
 * Returns 0, -ENOEXEC (the image has not that name in that place, or its signature is damaged) or -ENOMEM.
 */
int lw_rename(const void *image, size_t size, const char *from, const char *to, void **copy,
	      size_t *copy_size);

#endif
