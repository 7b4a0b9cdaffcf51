#pragma once

#include "report.h"
#include "put.c"

static void lw_emit_line(const char *line)
{
	struct _stp_log *log = lw_log();

	if (log)
		lw_put(log, line, strlen(line));
}
