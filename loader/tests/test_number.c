// SPDX-License-Identifier: GPL-2.0-only
/* test_number.c - integers and sizes in text */
#include <limits.h>
#include <string.h>

#include "util/number.h"
#include "helper.h"

static void decimal_begins(void **state)
{
	static const char *const none[] = {
		"", " 1", "+1", "-1", "x", "\t1", "18446744073709551616", "99999999999999999999"
	};
	unsigned long long value = 7;
	const char *text = "42:3";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(none); i++)
		assert_null(lw_decimal(none[i], ULLONG_MAX, &value));
	/* The variable keeps its value. */
	assert_true(value == 7);
	assert_ptr_equal(lw_decimal(text, 42, &value), text + 2);
	assert_true(value == 42);
	assert_null(lw_decimal(text, 41, &value));
	assert_non_null(lw_decimal("18446744073709551615", ULLONG_MAX, &value));
	assert_true(value == ULLONG_MAX);
	assert_non_null(lw_decimal("007", 7, &value));
	assert_true(value == 7);
}

static void hex_begins(void **state)
{
	static const char *const none[] = { "", " 1", "+1", "-1", "g", "10000000000000000" };
	unsigned long long value = 7;
	const char *text = "fFffffff81000000 T _stext";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(none); i++)
		assert_null(lw_hex(none[i], ULLONG_MAX, &value));
	assert_true(value == 7);
	assert_ptr_equal(lw_hex(text, ULLONG_MAX, &value), text + 16);
	assert_true(value == 0xffffffff81000000);
	assert_null(lw_hex("10", 15, &value));
	assert_non_null(lw_hex("0aF", 0xaf, &value));
	assert_true(value == 0xaf);
	/* The number is 0, and the rest follows it. */
	text = "0x1";
	assert_ptr_equal(lw_hex(text, ULLONG_MAX, &value), text + 1);
	assert_non_null(lw_hex("ffffffffffffffff", ULLONG_MAX, &value));
	assert_true(value == ULLONG_MAX);
}

static void decimal(void **state)
{
	unsigned long long value;

	(void)state;
	assert_true(lw_parse_decimal("5", 5, 5, &value));
	assert_true(value == 5);
	assert_false(lw_parse_decimal("5", 6, 9, &value));
	assert_false(lw_parse_decimal("10", 6, 9, &value));
	assert_false(lw_parse_decimal("5 ", 0, 9, &value));
	assert_false(lw_parse_decimal("5a", 0, 9, &value));
	assert_false(lw_parse_decimal("", 0, 9, &value));
	assert_false(lw_parse_decimal("-0", 0, 9, &value));
	assert_false(lw_parse_decimal("0x5", 0, 9, &value));
}

static void number(void **state)
{
	static const char *const bad[] = { "",
					   "-",
					   " 1",
					   "+1",
					   "1 ",
					   "1a",
					   "0x",
					   "0xg",
					   "0x-1",
					   "0x 1",
					   "0X1",
					   "-0x1",
					   "abc",
					   "9223372036854775808",
					   "0x8000000000000000",
					   "-9223372036854775809",
					   "99999999999999999999",
					   "- 1",
					   "--1" };
	long long value;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(lw_parse_number(bad[i], LLONG_MIN, LLONG_MAX, &value));
	assert_true(lw_parse_number("9223372036854775807", 0, LLONG_MAX, &value));
	assert_true(value == LLONG_MAX);
	assert_true(lw_parse_number("0x7fffffffffffffff", 0, LLONG_MAX, &value));
	assert_true(value == LLONG_MAX);
	assert_true(lw_parse_number("-9223372036854775808", LLONG_MIN, 0, &value));
	assert_true(value == LLONG_MIN);
	assert_true(lw_parse_number("-1", -1, -1, &value));
	assert_int_equal(value, -1);
	/* A process id is never meant as octal. */
	assert_true(lw_parse_number("0755", 0, 1000, &value));
	assert_int_equal(value, 755);
	assert_true(lw_parse_number("0x1f", 31, 31, &value));
	assert_int_equal(value, 31);
	assert_false(lw_parse_number("5", 6, 9, &value));
	assert_false(lw_parse_number("10", 6, 9, &value));
}

static void size(void **state)
{
	static const struct {
		const char *text;
		unsigned long long bytes;
		const char *rest;
	} rows[] = {
		{ "0", 0, "" },
		{ "4096", 4096, "" },
		{ "4K", 4096, "" },
		{ "100M,3", 100ULL << 20, ",3" },
		{ "1G", 1ULL << 30, "" },
		{ "1KB", 1024, "B" },
		{ "1k", 1, "k" },
		{ "1 K", 1, " K" },
		{ "18014398509481983K", 18014398509481983ULL << 10, "" },
		{ "18446744073709551615", ULLONG_MAX, "" },
	};
	static const char *const none[] = {
		"", "K", "-1K", " 1K", "+1", "18014398509481984K", "17592186044416M", "17179869184G"
	};
	unsigned long long bytes;
	const char *end;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		end = lw_parse_size(rows[i].text, 0, ULLONG_MAX, &bytes);
		assert_non_null(end);
		assert_string_equal(end, rows[i].rest);
		assert_true(bytes == rows[i].bytes);
	}
	for (i = 0; i < COUNT(none); i++)
		assert_null(lw_parse_size(none[i], 0, ULLONG_MAX, &bytes));
	assert_non_null(lw_parse_size("4K", 4096, 4096, &bytes));
	assert_null(lw_parse_size("4K", 4097, 9999, &bytes));
	assert_null(lw_parse_size("4K", 0, 4095, &bytes));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal_begins), cmocka_unit_test(hex_begins),
		cmocka_unit_test(decimal),        cmocka_unit_test(number),
		cmocka_unit_test(size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
