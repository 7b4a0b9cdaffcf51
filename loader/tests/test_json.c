// SPDX-License-Identifier: GPL-2.0-only
/* test_json.c - commas, keys, numbers and strings of the writer of JSON */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "helper.h"

static void holds(const struct lw_buffer *out, const char *text)
{
	assert_int_equal(out->len, strlen(text));
	assert_memory_equal(out->bytes, text, out->len);
}

static void commas(void **state)
{
	struct lw_buffer out = { 0 };
	int i;

	(void)state;
	assert_true(lw_buffer_reserve(&out, 1024));
	for (i = 0; i < 2; i++) {
		lw_json_open(&out, '{');
		lw_json_key(&out, "a");
		lw_json_open(&out, '[');
		lw_json_open(&out, '{');
		lw_json_close(&out, '}');
		lw_json_open(&out, '[');
		lw_json_close(&out, ']');
		lw_json_bool(&out, true);
		lw_json_bool(&out, false);
		lw_json_null(&out);
		lw_json_raw(&out, "0.125", 5);
		lw_json_close(&out, ']');
		lw_json_key(&out, "b");
		lw_json_unsigned(&out, 1);
		lw_json_close(&out, '}');
		lw_put_char(&out, '\n');
	}
	holds(&out, "{\"a\":[{},[],true,false,null,0.125],\"b\":1}\n"
		    "{\"a\":[{},[],true,false,null,0.125],\"b\":1}\n");
	free(out.bytes);
}

/* Brackets, colons and quotes in a string have no meaning. */
static void strings(void **state)
{
	static const char *const texts[] = { "{", "[", ":", "\n", "", "\"", "caf\xc3\xa9" };
	struct lw_buffer out = { 0 };
	size_t i;

	(void)state;
	assert_true(lw_buffer_reserve(&out, 1024));
	lw_json_open(&out, '[');
	for (i = 0; i < COUNT(texts); i++)
		assert_true(lw_json_string(&out, texts[i], strlen(texts[i])));
	assert_false(lw_json_string(&out, "\xff", 1));
	lw_json_base64(&out, "\xff\0", 2);
	lw_json_text(&out, "text");
	lw_json_text(&out, NULL);
	lw_json_close(&out, ']');
	holds(&out, "[\"{\",\"[\",\":\",\"\\u000a\",\"\",\"\\\"\",\"caf\xc3\xa9\",\"\xef\xbf\xbd\","
		    "\"/wA=\",\"text\",null]");
	free(out.bytes);
}

static void numbers(void **state)
{
	struct lw_buffer out = { 0 };

	(void)state;
	assert_true(lw_buffer_reserve(&out, 1024));
	lw_json_open(&out, '[');
	lw_json_unsigned(&out, 0);
	lw_json_unsigned(&out, 10);
	lw_json_unsigned(&out, ULLONG_MAX);
	lw_json_signed(&out, -1);
	lw_json_signed(&out, LLONG_MAX);
	lw_json_signed(&out, LLONG_MIN);
	lw_json_close(&out, ']');
	holds(&out, "[0,10,18446744073709551615,-1,9223372036854775807,-9223372036854775808]");
	free(out.bytes);
}

/* The writer uses LW_JSON_ROOM at most; the sanitizer would see more. */
static void room(void **state)
{
	struct lw_buffer out = { 0 };
	char longest[100];

	(void)state;
	memset(longest, 1, sizeof(longest));
	out.size = 2 + LW_JSON_ROOM(sizeof(longest));
	out.bytes = malloc(out.size);
	assert_non_null(out.bytes);
	lw_json_open(&out, '[');
	lw_put_char(&out, '1');
	lw_json_string(&out, longest, sizeof(longest));
	assert_true(out.len <= out.size);
	free(out.bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas),
		cmocka_unit_test(strings),
		cmocka_unit_test(numbers),
		cmocka_unit_test(room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
