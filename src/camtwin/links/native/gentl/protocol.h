/* Messages between the producer and a server of twins, as wire/gentl.py has them: one a datagram of a Unix socket that
 * keeps their bounds (SOCK_SEQPACKET), little-endian, laid out as these structures.
 *
 * A session has two sockets. On the first one the producer asks and the server answers, one question after the other;
 * it is the session's life: when it closes, the twin is free again. The second one names the session: memory, frames
 * and events come on it, and slots of memory go back. */
#ifndef CAMTWIN_GENTL_PROTOCOL_H
#define CAMTWIN_GENTL_PROTOCOL_H

#include <stdint.h>

#define SOCKET_PREFIX "gentl1-" /* the number is the protocol's: servers that speak another one are not seen */

enum { MAX_MESSAGE = 65536, MAX_PART = 32768, MAX_SLOTS = 64 };

enum question {
	ASK_LIST = 1, /* -> a record for each twin: FIELDS texts, each of which ends with a zero */
	ASK_OPEN,     /* number: DEVICE_ACCESS_...; data: id -> the session's number, u64 */
	ASK_NEWS,     /* number: the session's; this socket is its second one from now on -> nothing */
	ASK_READ,     /* number: address; data: count, u32 -> that many bytes */
	ASK_WRITE,    /* number: address; data: the bytes -> nothing */
	ASK_START,    /* open the stream -> its generation, u64; frames of others are old */
	ASK_STOP,     /* close the stream -> nothing */
	TELL_TAKEN,   /* on the second socket, without an answer: a frame has found a buffer, which keeps its slot */
	TELL_RELEASED /* there, too: a slot is free again. number: ring << 32 | slot */
};

struct ask { uint32_t kind, size; uint64_t number; };  /* then `size` bytes */
struct answer { int32_t status; uint32_t size; };      /* then `size` bytes: data, or the reason as text */

/* Fields of a record, in this order. STATUS, FREQUENCY are decimal; ORDER ("big", "little") is that of chunks. */
enum field {
	FIELD_ID, FIELD_VENDOR, FIELD_MODEL, FIELD_TLTYPE, FIELD_DISPLAY, FIELD_STATUS, FIELD_USER, FIELD_SERIAL,
	FIELD_VERSION, FIELD_FREQUENCY, FIELD_URL, FIELD_ORDER, FIELDS
};

enum news_kind {
	NEWS_MEMORY = 1, /* number: the ring's; struct memory; its descriptor comes with it and replaces the one before */
	NEWS_FRAME,      /* number: the ring's; struct frame */
	NEWS_EVENT,      /* number: the event's id; then its message as the camera's own link has it */
	NEWS_CHANGED,    /* the names of features that another host has changed, each ends with a zero */
	NEWS_GONE        /* the camera has no power, or was reset; the reason as text */
};

struct news { uint32_t kind, size; uint64_t number; }; /* then `size` bytes */
struct memory { uint64_t slots, slot_bytes; };

enum { FRAME_PATIENT = 1, FRAME_IMAGE = 2, FRAME_CHUNKS = 4 };

struct frame {
	uint64_t generation, slot, bytes, timestamp_ns, frame_id, pixel_format, chunk_layout;
	uint32_t width, height, x, y, flags, reserved;
};

#endif
