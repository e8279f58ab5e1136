/* The twins that servers list: each server has a socket in the user's folder. */
#define _GNU_SOURCE
#include "producer.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_ms = 5000, MAX_TWINS = 256 };

/* The folder, as links/base/folder.py has it; false if somebody else could write there. */
static bool folder(char *path, size_t room)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");
	struct stat about;
	if (runtime && *runtime)
		snprintf(path, room, "%s/camtwin", runtime);
	else
		snprintf(path, room, "%s/camtwin-%u", temporary && *temporary ? temporary : "/tmp", getuid());
	return !lstat(path, &about) && S_ISDIR(about.st_mode) && about.st_uid == getuid() && !(about.st_mode & 077);
}

static bool fields_of(struct record *record, const char *texts, size_t bytes)
{
	record->texts = malloc(bytes);
	if (!record->texts)
		return false;
	memcpy(record->texts, texts, bytes);
	const char *at = record->texts;
	for (int i = 0; i < FIELDS; i++, at += strlen(at) + 1)
		record->field[i] = at;
	return true;
}

bool copy_record(struct record *to, const struct record *from)
{
	const char *last = from->field[FIELDS - 1];
	memcpy(to->path, from->path, sizeof to->path);
	return fields_of(to, from->texts, (size_t)(last + strlen(last) + 1 - from->texts));
}

void free_records(struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(records[i].texts);
	free(records);
}

struct record *copy_records(const struct record *from, size_t *count)
{
	struct record *to = *count ? calloc(*count, sizeof *to) : NULL;
	size_t done = 0;
	while (to && done < *count && copy_record(&to[done], &from[done]))
		done++;
	*count = done;
	return to;
}

bool same_records(const struct record *a, size_t n, const struct record *b, size_t m)
{
	for (size_t i = 0; n == m && i < n; i++)
		if (strcmp(a[i].field[FIELD_ID], b[i].field[FIELD_ID]))
			return false;
	return n == m;
}

/* By its id, or by its serial number or the user's name, as people like to say it. */
const struct record *record_of(const struct record *records, size_t count, const char *id)
{
	static const enum field NAMES[] = {FIELD_ID, FIELD_SERIAL, FIELD_USER};
	for (size_t k = 0; *id && k < sizeof NAMES / sizeof *NAMES; k++)
		for (size_t i = 0; i < count; i++)
			if (!strcmp(id, records[i].field[NAMES[k]]))
				return &records[i];
	return NULL;
}

/* One record of a list; its length, or 0 if the list is cut off there. */
static size_t record_bytes(const char *at, size_t left)
{
	size_t bytes = 0;
	for (int i = 0; i < FIELDS; i++) {
		bytes += strnlen(at + bytes, left - bytes) + 1;
		if (bytes > left)
			return 0;
	}
	return bytes;
}

static bool listed(const struct record *records, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(records[i].field[FIELD_ID], id))
			return true;
	return false;
}

/* Add what was known of a server that is there, and too busy to answer in time. */
static size_t list_known(const char *path, struct record *records, size_t count, const struct record *known, size_t n)
{
	for (size_t i = 0; i < n && count < MAX_TWINS; i++)
		if (!strcmp(known[i].path, path) && !listed(records, count, known[i].field[FIELD_ID]))
			count += copy_record(&records[count], &known[i]);
	return count;
}

/* Add the twins of one server; of two with the same id the first one counts. */
static size_t list_one(const char *path, const char *tltype, struct record *records, size_t count, uint64_t timeout_ms, bool *busy)
{
	static const size_t room = MAX_MESSAGE;
	char *texts = malloc(room);
	size_t bytes = room, length;
	int32_t status = 0;
	errno = 0;
	int fd = texts ? connect_to(path, timeout_ms) : -1;
	bool answered = fd >= 0 && exchange(fd, ASK_LIST, 0, NULL, 0, &status, texts, &bytes) == 0;
	*busy = !answered && errno == EAGAIN;
	if (answered && !status)
		for (size_t at = 0; count < MAX_TWINS && (length = record_bytes(texts + at, bytes - at)); at += length) {
			struct record *next = &records[count];
			if (!fields_of(next, texts + at, length))
				break;
			memcpy(next->path, path, sizeof next->path); /* the caller has looked whether it fits */
			if (!listed(records, count, next->field[FIELD_ID]) && !strcmp(next->field[FIELD_TLTYPE], tltype))
				count++;
			else
				free(next->texts);
		}
	if (fd >= 0)
		close(fd);
	free(texts);
	return count;
}

static int is_server(const struct dirent *entry)
{
	return !strncmp(entry->d_name, SOCKET_PREFIX, sizeof SOCKET_PREFIX - 1);
}

struct record *list_twins(const char *tltype, size_t *count, uint64_t timeout_ms, const struct record *known, size_t n)
{
	char where[MAX_PATH], path[MAX_PATH + 256];
	struct record *records = calloc(MAX_TWINS + 1, sizeof *records);
	struct dirent **names;
	*count = 0;
	int found = records && folder(where, sizeof where) ? scandir(where, &names, is_server, alphasort) : -1;
	for (int i = 0; i < found; i++) {
		int length = snprintf(path, sizeof path, "%s/%s", where, names[i]->d_name);
		bool busy = false;
		if (length < MAX_PATH)
			*count = list_one(path, tltype, records, *count, timeout_ms < LIST_ms ? timeout_ms + 1 : LIST_ms, &busy);
		if (busy)
			*count = list_known(path, records, *count, known, n);
		free(names[i]);
	}
	if (found >= 0)
		free(names);
	return records;
}
