#pragma once

#include "user.h"
#include <linux/cred.h>
#include <linux/random.h>
#include <linux/types.h>
#include <linux/user_namespace.h>

/*
 * bucket.h - which places of a table a key may have, for table.h and pending.h
 *
 * Each place has a tag, a byte: seven bits of its key's hash and the top bit, or 0 if it is free. A key is
 * at its home, the place of its hash, or elsewhere in the home's bucket of eight places, or in one of
 * the next buckets if that one was full. The tags of a bucket are one word. So one look shows whether
 * the bucket may have the key, and whether it has room. Hashes are keyed at random in each run, so
 * that nobody can choose keys for one bucket.
 *
 * One user gets at most half of a table's places, so the other half stays for others. All users
 * together leave root a quarter.
 */

#define LW_WAYS 8   /* places in a bucket */
#define LW_TRIES 4  /* buckets in which a key may be */
#define LW_TAKEN 1  /* the tag of a place whose key is being written */
#define LW_USERS 64 /* classes of users that have a share each */

#define LW_BYTES(byte) (0x0101010101010101ULL * (byte))

/* The top bit of each byte that is this tag. Bits above the first one may be wrong. */
static __always_inline u64 lw_tagged(u64 tags, u8 tag)
{
	tags ^= LW_BYTES((u64)tag);
	return (tags - LW_BYTES(1)) & ~tags & LW_BYTES(0x80);
}

/* The place where a key belongs, in a table with 2^bits places */
static __always_inline u32 lw_home(u64 hash, u8 bits)
{
	return hash >> (64 - bits);
}

static __always_inline u8 lw_tag(u64 hash)
{
	return hash | 0x80;
}

/* The bucket to try after this number of others */
static u32 lw_bucket(u64 hash, u8 bits, int tries)
{
	return (lw_home(hash, bits) / LW_WAYS + tries) & ((1U << bits) / LW_WAYS - 1);
}

/*
 * A hash from a sum of words, each of which a seed has multiplied. Without the second product, keys at
 * equal distances crowd with some seeds, such as pointers into a slab (stp/tests/test_table.c).
 */
static __always_inline u64 lw_spread(u64 sum, u64 seed)
{
	return (sum ^ sum >> 32) * seed;
}

/* Odd seeds for hashes. In process context: get_random_bytes() may sleep with PREEMPT_RT. */
static void lw_seed(u64 *seeds, int n)
{
	get_random_bytes(seeds, n * sizeof(*seeds));
	while (n--)
		seeds[n] |= 1;
}

/* Seeds for begin probes, where nothing may sleep; set when the module is inserted (report.c) */
static u64 lw_run_seeds[2] __read_mostly __maybe_unused;

/*
 * Only root is in root's class, so no user can take its share. In his own user namespace, a user has
 * as many ids as he likes. All of them count as the user who made the outermost such namespace.
 */
static u32 lw_user_class(void)
{
	const struct user_namespace *ns = current_real_cred()->user_ns;
	u32 uid = lw_uid();

	while (ns->level > 1)
		ns = ns->parent;
	if (ns->level && __kuid_val(ns->owner))
		uid = __kuid_val(ns->owner);
	return uid ? 1 + uid % (LW_USERS - 1) : 0;
}

/* Has this class of users its share, or have all but root theirs? */
static bool lw_share_is_full(u32 user, u32 users_own, u32 taken, u32 places)
{
	return users_own >= places / 2 || (user && taken >= places / 4 * 3);
}
