#ifndef LW_REPORT_H
#define LW_REPORT_H

static void lw_emit_line(const char *line);

#endif
