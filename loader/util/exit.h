/* SPDX-License-Identifier: GPL-2.0-only */
/* exit.h - exit codes of the lwload command */
#ifndef LW_EXIT_H
#define LW_EXIT_H

/* lwload(8) documents them. */
enum lw_exit {
	LW_OK = 0,
	LW_FAILED = 1,
	LW_USAGE = 2,
	LW_NO_MODULE = 3,
	LW_REFUSED = 4,
	LW_LOST = 5,        /* the run ended as asked, but did not show all events */
	LW_OWN_FAULT = 125, /* a fault of lwload's own, in a run with a command */
};

#endif
