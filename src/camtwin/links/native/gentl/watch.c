/* Devices that come and go while nobody asks: a thread lists them as long as events of an interface are registered. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_ns = 200000000, LIST_ms = 500 };

static pthread_t watcher;
static bool watching, stopping;

/* A module's event: its id, the time in ns, and the device's id, as descriptions.c lays them out. */
void tell_module(struct module *module, uint64_t event, const char *id)
{
	struct { uint64_t event, time_ns; char id[TEXT_BYTES]; } data = {event, now_ns(), {0}};
	strncpy(data.id, id, sizeof data.id - 1);
	if (!(module->muted >> (event - MODULE_EVENTS) & 1))
		tell(module, EVENT_MODULE, event, &data, sizeof data);
}

static bool has(const struct record *records, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(records[i].field[FIELD_ID], id))
			return true;
	return false;
}

static void compare(struct interface *interface, const struct record *old, size_t n, const struct record *new, size_t m)
{
	for (size_t i = 0; i < n; i++)
		if (!has(new, m, old[i].field[FIELD_ID]))
			tell_module(&interface->module, EVENT_DEVICE_LOST, old[i].field[FIELD_ID]);
	for (size_t i = 0; i < m; i++)
		if (!has(old, n, new[i].field[FIELD_ID]))
			tell_module(&interface->module, EVENT_DEVICE_FOUND, new[i].field[FIELD_ID]);
}

static void *watches(void *unused)
{
	struct { struct record *records; size_t count; bool known; } seen[INTERFACES] = {0};
	(void)unused;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		for (size_t i = 0; i < INTERFACES && !stopping; i++) {
			struct interface *interface = &interfaces()[i];
			size_t count;
			if (!interface->open || !interface->module.events[EVENT_MODULE]) {
				seen[i].known = false;
				continue;
			}
			pthread_mutex_unlock(&lock);
			struct record *now = list_twins(LINKS[i].tltype, &count, LIST_ms, seen[i].records, seen[i].known ? seen[i].count : 0);
			pthread_mutex_lock(&lock);
			if (seen[i].known && interface->open)
				compare(interface, seen[i].records, seen[i].count, now, count);
			free_records(seen[i].records, seen[i].count);
			seen[i].records = now;
			seen[i].count = count;
			seen[i].known = true;
		}
		uint64_t next = now_ns() + PAUSE_ns;
		while (!stopping && wait_changed(next))
			;
	}
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < INTERFACES; i++)
		free_records(seen[i].records, seen[i].count);
	return NULL;
}

/* Begin to watch, or end it, which waits for the thread; `lock` held. */
void watch(bool on)
{
	if (on && !watching)
		watching = pthread_create(&watcher, NULL, watches, NULL) == 0;
	if (on || !watching)
		return;
	stopping = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(watcher, NULL);
	pthread_mutex_lock(&lock);
	watching = stopping = false;
}

void watch_forget(void) { watching = stopping = false; }
