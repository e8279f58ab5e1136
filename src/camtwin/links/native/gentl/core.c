/* The lock, handles, last errors, the size protocol, fork. */
#define _GNU_SOURCE
#include "producer.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_PLACES = 64, PLACE_BITS = 16, LAST_s = 1 };

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;
bool initialised;

_Thread_local struct error last;

/* A handle is a place in this table and the number of times that the place was given away: an old one is known as such,
 * and is never the address of anything. */
static struct place { struct module *module; uint32_t turn; } *table;
static size_t places;

static void init_changed(void)
{
	pthread_condattr_t how;
	pthread_condattr_init(&how);
	pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &how);
	pthread_condattr_destroy(&how);
}

/* A child has no thread that hears news, and must not keep its parent's cameras open: it begins anew. */
static void before_fork(void) { pthread_mutex_lock(&lock); }
static void in_parent(void) { pthread_mutex_unlock(&lock); }
static void in_child(void)
{
	init_changed(); /* the threads that waited are not in the child, and the old one would wait for them */
	link_forget();
	spawn_forget();
	watch_forget();
	system_forget();
	for (size_t i = 0; i < places; i++)
		table[i].module = NULL;
	initialised = false;
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void init(void)
{
	init_changed();
	pthread_atfork(before_fork, in_parent, in_child);
}

/* The program ends, or takes the library away, perhaps without having closed it: no thread may run here then, and no
 * server is waited for. */
__attribute__((destructor)) static void done(void)
{
	struct timespec soon;
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_sec += LAST_s;
	if (pthread_mutex_timedlock(&lock, &soon))
		return; /* a thread was stopped in the middle */
	link_shut();
	close_library();
	free(table);
	places = 0;
	pthread_mutex_unlock(&lock);
}

int enter(void)
{
	pthread_mutex_lock(&lock);
	return 1;
}

void leave(const int *entered)
{
	(void)entered;
	pthread_mutex_unlock(&lock);
}

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool wait_changed(uint64_t deadline_ns)
{
	if (!deadline_ns)
		return pthread_cond_wait(&changed, &lock) == 0;
	struct timespec t = {(time_t)(deadline_ns / 1000000000u), (long)(deadline_ns % 1000000000u)};
	return pthread_cond_timedwait(&changed, &lock, &t) != ETIMEDOUT;
}

/* -- last errors */
GC_ERROR fail(GC_ERROR code, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(last.text, sizeof last.text, format, list);
	va_end(list);
	return last.code = code;
}

GC_ERROR failed(void) { return last.code; }

GC_API GCGetLastError(GC_ERROR *code, char *text, size_t *size)
{
	const char *reason = last.code ? last.text : "no error";
	size_t bytes = strlen(reason) + 1;
	if (!size)
		return GC_ERR_INVALID_PARAMETER; /* and the last error stays as it is */
	if (code)
		*code = last.code;
	bool fits = !text || *size >= bytes;
	if (text && fits)
		memcpy(text, reason, bytes);
	*size = bytes;
	return fits ? GC_ERR_SUCCESS : GC_ERR_BUFFER_TOO_SMALL;
}

/* -- handles */
static bool grow(void)
{
	size_t more = places ? 2 * places : FIRST_PLACES;
	if (more >= 1u << PLACE_BITS)
		return false;
	struct place *larger = realloc(table, more * sizeof *table);
	if (!larger)
		return false;
	table = larger;
	memset(table + places, 0, (more - places) * sizeof *table);
	places = more;
	return true;
}

void *add(struct module *module, enum kind kind, struct module *parent)
{
	size_t at = 0;
	while (at < places && table[at].module)
		at++;
	if (at == places && !grow()) {
		fail(GC_ERR_OUT_OF_MEMORY, "no place for another handle beside %zu", places);
		return NULL;
	}
	module->kind = kind;
	module->parent = parent;
	table[at].module = module;
	table[at].turn++;
	module->handle = (void *)((uintptr_t)table[at].turn << PLACE_BITS | (at + 1));
	return module->handle;
}

static size_t place_of(const void *handle) { return ((uintptr_t)handle & ((1u << PLACE_BITS) - 1)) - 1; }

void drop(struct module *module)
{
	module->closing = true;
	table[place_of(module->handle)].module = NULL; /* nobody finds it from now on */
	while (module->uses)
		wait_changed(0);
	module->handle = NULL;
}

void *find(void *handle, unsigned kinds)
{
	size_t at = place_of(handle);
	if (!initialised) {
		fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
		return NULL;
	}
	struct module *module = at < places ? table[at].module : NULL;
	if (!module || module->handle != handle || !(module->kind & kinds)) {
		fail(GC_ERR_INVALID_HANDLE, "%p is not an open handle of the kind that this function takes", handle);
		return NULL;
	}
	return module;
}

void released(struct module *module)
{
	module->uses--;
	pthread_cond_broadcast(&changed);
}

/* -- the size protocol: where no room is given the answer is the number of bytes needed */
GC_ERROR put(INFO_DATATYPE kind, const void *from, size_t bytes, INFO_DATATYPE *type, void *to, size_t *size)
{
	if (!size)
		return fail(GC_ERR_INVALID_PARAMETER, "the size is NULL");
	if (type)
		*type = kind;
	if (to && *size < bytes) {
		size_t given = *size;
		*size = bytes;
		return fail(GC_ERR_BUFFER_TOO_SMALL, "%zu bytes do not fit into %zu", bytes, given);
	}
	if (to && bytes)
		memcpy(to, from, bytes);
	*size = bytes;
	return GC_ERR_SUCCESS;
}

GC_ERROR put_text(const char *text, INFO_DATATYPE *type, void *to, size_t *size)
{
	return put(INFO_STRING, text, strlen(text) + 1, type, to, size);
}

GC_ERROR put_number(INFO_DATATYPE kind, uint64_t value, INFO_DATATYPE *type, void *to, size_t *size)
{
	static const uint8_t bytes[] = {
		[INFO_INT32] = 4, [INFO_UINT32] = 4, [INFO_UINT64] = 8, [INFO_PTR] = sizeof(void *), [INFO_BOOL8] = 1,
		[INFO_SIZET] = sizeof(size_t),
	};
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first bytes of a number are its lowest");
	return put(kind, &value, bytes[kind], type, to, size);
}

GC_ERROR put_handle(void *handle, void **to)
{
	if (!to)
		return fail(GC_ERR_INVALID_PARAMETER, "the place for the handle is NULL");
	*to = handle;
	return GC_ERR_SUCCESS;
}

GC_ERROR put_count(uint64_t count, uint32_t *to)
{
	if (!to)
		return fail(GC_ERR_INVALID_PARAMETER, "the place for the number is NULL");
	*to = (uint32_t)count;
	return GC_ERR_SUCCESS;
}

const char *own_path(void)
{
	Dl_info about;
	return dladdr(&initialised, &about) && about.dli_fname ? about.dli_fname : "camtwin.cti";
}
