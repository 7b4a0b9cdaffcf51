#pragma once

#include "put.h"

static void lw_emit_user_path(int dfd, unsigned long addr);
