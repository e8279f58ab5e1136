/* A consumer that asks too much: consumer FILE WHAT COUNT SEED START STOP. FILE is the producer; START and STOP are
 * addresses of registers. WHAT:
 *
 *   orders   COUNT sessions with a frame, each of which is closed in another order, or not at all
 *   streams  takes frames until there is an error, and tells it
 *   threads  COUNT calls on each of nine threads, of all kinds and with each other's handles: whatever one opens, queues
 *            or closes, another one does at the same time
 *
 * Sanitizers and valgrind judge it; it says by itself only that a call failed that may not, or that it hangs. */
#define _GNU_SOURCE
#include "gentl/gentl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 9, BUFFERS = 6, SIDE = 64, PATIENCE_s = 100 };

#define FUNCTIONS(F) \
	F(GCInitLib, (void)) F(GCCloseLib, (void)) F(GCGetLastError, (GC_ERROR *, char *, size_t *)) \
	F(TLOpen, (void **)) F(TLClose, (void *)) F(TLUpdateInterfaceList, (void *, bool8_t *, uint64_t)) \
	F(TLOpenInterface, (void *, const char *, void **)) F(IFClose, (void *)) F(IFUpdateDeviceList, (void *, bool8_t *, uint64_t)) \
	F(IFGetDeviceID, (void *, uint32_t, char *, size_t *)) F(IFOpenDevice, (void *, const char *, int32_t, void **)) \
	F(DevClose, (void *)) F(DevGetPort, (void *, void **)) F(DevOpenDataStream, (void *, const char *, void **)) \
	F(DevGetInfo, (void *, int32_t, int32_t *, void *, size_t *)) F(DSClose, (void *)) \
	F(DSGetInfo, (void *, int32_t, int32_t *, void *, size_t *)) F(DSAllocAndAnnounceBuffer, (void *, size_t, void *, void **)) \
	F(DSAnnounceBuffer, (void *, void *, size_t, void *, void **)) F(DSRevokeBuffer, (void *, void *, void **, void **)) \
	F(DSQueueBuffer, (void *, void *)) F(DSFlushQueue, (void *, int32_t)) F(DSStartAcquisition, (void *, int32_t, uint64_t)) \
	F(DSStopAcquisition, (void *, int32_t)) F(DSGetBufferInfo, (void *, void *, int32_t, int32_t *, void *, size_t *)) \
	F(DSGetBufferChunkData, (void *, void *, void *, size_t *)) \
	F(DSGetBufferInfoStacked, (void *, void *, DS_BUFFER_INFO_STACKED *, size_t)) \
	F(GCReadPort, (void *, uint64_t, void *, size_t *)) F(GCWritePort, (void *, uint64_t, const void *, size_t *)) \
	F(GCGetPortURL, (void *, char *, size_t *)) F(GCRegisterEvent, (void *, int32_t, void **)) \
	F(GCUnregisterEvent, (void *, int32_t)) F(EventGetData, (void *, void *, size_t *, uint64_t)) \
	F(EventGetInfo, (void *, int32_t, int32_t *, void *, size_t *)) F(EventFlush, (void *)) F(EventKill, (void *))

#define DECLARE(name, parameters) static GC_ERROR (*name) parameters;
FUNCTIONS(DECLARE)

static void *library;
static const char *producer;
static uint64_t at_start, at_stop;
static _Atomic(void *) system_handle, interface, device, port, stream, event, module_event, buffers[BUFFERS];

static void load(void)
{
	if (!(library = dlopen(producer, RTLD_NOW | RTLD_LOCAL))) {
		printf("%s\n", dlerror());
		exit(2);
	}
#define LOAD(name, parameters) name = (GC_ERROR (*) parameters)dlsym(library, #name);
	FUNCTIONS(LOAD)
}

static void must(const char *what, GC_ERROR code)
{
	char text[512] = "";
	size_t size = sizeof text;
	if (!code)
		return;
	GCGetLastError(NULL, text, &size);
	printf("%s: %d %s\n", what, code, text);
	exit(1);
}
#define MUST(call) must(#call, call)

static GC_ERROR command(uint64_t address)
{
	uint32_t one = __builtin_bswap32(1);
	size_t size = sizeof one;
	return GCWritePort(port, address, &one, &size);
}

/* -- each opens what it is named by, with whatever there is */
#define KEPT(call, to) ((error = (call)) ? error : ((to) = handle, error))

static GC_ERROR open_system(void)
{
	void *handle;
	GC_ERROR error;
	return KEPT(TLOpen(&handle), system_handle);
}

static GC_ERROR open_interface(void)
{
	void *handle;
	GC_ERROR error;
	TLUpdateInterfaceList(system_handle, NULL, 10);
	return KEPT(TLOpenInterface(system_handle, "camtwin-gev", &handle), interface);
}

static GC_ERROR open_device(void)
{
	char id[256];
	size_t size = sizeof id;
	void *handle;
	GC_ERROR error = IFUpdateDeviceList(interface, NULL, 20000);
	if (!error)
		error = IFGetDeviceID(interface, 0, id, &size);
	if (!error)
		KEPT(IFOpenDevice(interface, id, DEVICE_ACCESS_EXCLUSIVE, &handle), device);
	return error ? error : KEPT(DevGetPort(device, &handle), port);
}

static GC_ERROR open_stream(void)
{
	void *handle;
	GC_ERROR error;
	KEPT(DevOpenDataStream(device, "Stream0", &handle), stream);
	return error ? error : KEPT(GCRegisterEvent(stream, EVENT_NEW_BUFFER, &handle), event);
}

static GC_ERROR announce(unsigned which)
{
	static uint8_t memory[BUFFERS][SIDE * SIDE];
	void *handle;
	GC_ERROR error;
	return KEPT(which % 2 ? DSAllocAndAnnounceBuffer(stream, SIDE * SIDE, NULL, &handle)
		: DSAnnounceBuffer(stream, memory[which], SIDE * SIDE, NULL, &handle), buffers[which]);
}

static atomic_uint fetched, opened;

static GC_ERROR fetch(uint64_t wait_ms)
{
	EVENT_NEW_BUFFER_DATA new;
	size_t size = sizeof new;
	GC_ERROR error = EventGetData(event, &new, &size, wait_ms);
	fetched += !error;
	return error;
}

static void open_all(void)
{
	MUST(GCInitLib());
	MUST(open_system());
	MUST(open_interface());
	MUST(open_device());
	MUST(open_stream());
	for (unsigned i = 0; i < BUFFERS; i++) {
		MUST(announce(i));
		MUST(DSQueueBuffer(stream, buffers[i]));
	}
}

static void orders(unsigned count)
{
	for (unsigned turn = 0; turn < count; turn++) {
		open_all();
		MUST(DSStartAcquisition(stream, 0, GENTL_INFINITE));
		MUST(command(at_start));
		MUST(fetch(20000));
		switch (turn % 6) {
		case 0: /* as it should be */
			MUST(command(at_stop));
			MUST(DSStopAcquisition(stream, 0));
			MUST(DSFlushQueue(stream, ACQ_QUEUE_ALL_DISCARD));
			for (unsigned i = 0; i < BUFFERS; i++)
				MUST(DSRevokeBuffer(stream, buffers[i], NULL, NULL));
			MUST(GCUnregisterEvent(stream, EVENT_NEW_BUFFER));
			MUST(DSClose(stream));
			MUST(DevClose(device));
			MUST(IFClose(interface));
			MUST(TLClose(system_handle));
			break;
		case 1: MUST(DSClose(stream)); break;
		case 2: MUST(DevClose(device)); break;
		case 3: MUST(IFClose(interface)); break;
		case 4: MUST(TLClose(system_handle)); break;
		case 5: /* without GCCloseLib */
			dlclose(library);
			load();
			continue;
		}
		MUST(GCCloseLib());
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The time of the first error, its code and its text; then how long everything took to close. */
static void streams(void)
{
	char text[512] = "";
	size_t size = sizeof text;
	EVENT_NEW_BUFFER_DATA new;
	GC_ERROR error;
	open_all();
	MUST(DSStartAcquisition(stream, 0, GENTL_INFINITE));
	MUST(command(at_start));
	MUST(fetch(20000));
	printf("streams\n");
	fflush(stdout);
	do {
		size_t bytes = sizeof new;
		error = EventGetData(event, &new, &bytes, 20000);
		if (!error)
			error = DSQueueBuffer(stream, new.BufferHandle);
	} while (!error);
	uint64_t lost = now_ns();
	GCGetLastError(NULL, text, &size);
	GC_ERROR closed = GCCloseLib();
	printf("%llu %d %d %.1f %s\n", (unsigned long long)lost, error, closed, (double)(now_ns() - lost) / 1e6, text);
}

/* -- everything at once. Each line: how often of 100 times, and what is called. */
static void anything(unsigned *seed)
{
	static const struct { unsigned from; char what; } CHANCES[] = {
		{0, 'i'}, {2, 's'}, {4, 'n'}, {7, 'd'}, {12, 't'}, {17, 'a'}, {24, 'q'}, {38, 'f'}, {52, 'S'}, {56, 'G'}, {59, 'x'},
		{62, 'r'}, {72, 'I'}, {82, 'w'}, {85, 'k'}, {88, 'e'}, {91, 'v'}, {93, 'm'}, {95, 'c'}, {97, 'C'}, {98, 'N'}, {99, 'L'},
	};
	unsigned chance = (unsigned)rand_r(seed) % 100, which = (unsigned)rand_r(seed) % BUFFERS, any = (unsigned)rand_r(seed);
	uint8_t data[512];
	size_t size = any % sizeof data, n = sizeof CHANCES / sizeof *CHANCES;
	int32_t type;
	GC_ERROR error;
	void *handle;
	while (CHANCES[n - 1].from > chance)
		n--;
	if (strchr("cCNL", CHANCES[n - 1].what) && which) /* else nothing stays open for long */
		return;
	switch (CHANCES[n - 1].what) {
	case 'i': GCInitLib(); break;
	case 's': open_system(); break;
	case 'n': open_interface(); break;
	case 'd': opened += !open_device(); break;
	case 't': open_stream(); break;
	case 'a': announce(which); break;
	case 'q': DSQueueBuffer(stream, buffers[which]); break;
	case 'f': fetch(any % 20); break;
	case 'S':
		if (!DSStartAcquisition(stream, 0, any % 3 ? GENTL_INFINITE : 3))
			command(at_start);
		break;
	case 'G': DSFlushQueue(stream, (int32_t)(any % 6)); break;
	case 'x': DSStopAcquisition(stream, 1); break;
	case 'r': GCReadPort(any % 2 ? port : device, any % 3 ? 0x48 : any % 0xD000, data, &size); break;
	case 'I': {
		DS_BUFFER_INFO_STACKED two[] = {{BUFFER_INFO_FRAMEID, 0, data, 8, 0}, {(int32_t)(any % 33), 0, data + 8, size / 2, 0}};
		DSGetBufferInfo(stream, buffers[which], (int32_t)(any % 33), &type, data, &size);
		DSGetBufferInfoStacked(stream, buffers[which], two, 2);
		size = sizeof data;
		DSGetInfo(stream, (int32_t)(any % 17), &type, data, &size);
		size = sizeof data;
		DevGetInfo(device, (int32_t)(any % 12), &type, data, &size);
		break;
	}
	case 'w': command(any % 2 ? at_start : at_stop); break;
	case 'k': EventKill(any % 2 ? event : module_event); break;
	case 'e':
		GCUnregisterEvent(stream, EVENT_NEW_BUFFER);
		KEPT(GCRegisterEvent(stream, EVENT_NEW_BUFFER, &handle), event);
		break;
	case 'v': DSRevokeBuffer(stream, buffers[which], NULL, NULL); break;
	case 'm':
		if (any % 2)
			KEPT(GCRegisterEvent(any % 3 ? interface : buffers[which], any % 3 ? EVENT_MODULE : EVENT_ERROR, &handle), module_event);
		else
			EventGetData(module_event, data, &size, any % 9);
		break;
	case 'c': DSClose(stream); break;
	case 'C': DevClose(device); break;
	case 'N': IFClose(interface); break;
	case 'L': any % 4 ? TLClose(system_handle) : GCCloseLib(); break;
	}
}

static unsigned turns;

static void *calls(void *seed)
{
	for (unsigned i = 0; i < turns; i++)
		anything(seed);
	return NULL;
}

static void threads(unsigned count, unsigned seed)
{
	pthread_t each[THREADS];
	unsigned seeds[THREADS];
	turns = count;
	open_all();
	for (unsigned i = 0; i < THREADS; i++) {
		seeds[i] = seed + i;
		pthread_create(&each[i], NULL, calls, &seeds[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(each[i], NULL);
	GCCloseLib();
	open_all(); /* and it works */
	MUST(DSStartAcquisition(stream, 0, GENTL_INFINITE));
	MUST(command(at_start));
	MUST(fetch(20000));
	MUST(GCCloseLib());
}

int main(int count, char **words)
{
	if (count != 7)
		return 2;
	producer = words[1];
	at_start = strtoull(words[5], NULL, 0);
	at_stop = strtoull(words[6], NULL, 0);
	alarm(PATIENCE_s); /* a hang ends it, and is seen */
	load();
	if (!strcmp(words[2], "orders"))
		orders((unsigned)atoi(words[3]));
	else if (!strcmp(words[2], "streams"))
		streams();
	else
		threads((unsigned)atoi(words[3]), (unsigned)atoi(words[4]));
	dlclose(library);
	printf("%u frames, %u devices opened by threads\ndone\n", fetched, opened);
	return 0;
}
