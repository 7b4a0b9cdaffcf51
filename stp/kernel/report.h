#pragma once

#include "put.h"

static void lw_emit_line(const char *line);
