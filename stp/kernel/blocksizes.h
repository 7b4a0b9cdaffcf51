#ifndef LW_BLOCKSIZES_H
#define LW_BLOCKSIZES_H

static struct {
	bool on;
	char comm[TASK_COMM_LEN];
} lw_request_sizes;

#endif
