// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Lines of a day's file: any bytes are refused or read, and what is read is written the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
	if (!truth)
		abort();
}

/* A line that was read, written and read again. */
static void check_record(const struct csv_record *record)
{
	struct csv_record again;
	char line[CSV_LINE_MAX], date[DAY_TEXT];
	const char *reason;
	int length;

	day_format(record->day, date);
	length = csv_write(line, date, &record->row);
	require(length > 0 && length <= CSV_LINE_MAX);
	require(csv_read(line, (size_t)length, &again, &reason) == length);
	require(again.day == record->day && !row_compare(&again.row, &record->row));
	require(again.row.count == record->row.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;

	while (p < end) {
		struct csv_record record;
		const char *reason = NULL;
		int length = csv_read(p, (size_t)(end - p), &record, &reason);

		if (length < 0) {
			require(length == -EBADMSG && reason);
			break;
		}
		require(length <= end - p);
		check_record(&record);
		p += length;
	}
	return 0;
}
