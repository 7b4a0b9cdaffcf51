#ifndef LW_PATH_H
#define LW_PATH_H

static void lw_emit_user_path(int dfd, unsigned long addr);

#endif
