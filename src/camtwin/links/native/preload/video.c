/* Requests to a camera's node (camtwin/wire/v4l2/messages.py). With each travels a socket of its own for the answer, so
 * threads, and processes that share an open file, need not take turns; whoever is interrupted hangs it up. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/media.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { IOCTL = 1, MMAP = 2, READ = 3, POLL = 4 };
enum { NONBLOCKING = 1, NO_ARGUMENT = 2, NO_MEMORY = 4, MAX_ARRAY = 1 << 15, MAX_CONTROLS = 1024 };

struct head { uint32_t call, flags, number, size; };
struct answer { int32_t result; uint32_t tokens; };
struct place { uint64_t offset, length; };

/* A buffer in a message. */
struct part { void *data; size_t bytes; };

/* Send a request and a descriptor for its answer, and `more` if it is one; 0, or -1. */
static int send_request(int fd, const struct head *head, const struct part *parts, int count, int reply, int more)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(2 * sizeof(int))]; } control = {0};
	int passed[2] = {reply, more}, descriptors = more < 0 ? 1 : 2;
	struct iovec pieces[3] = {{(void *)head, sizeof *head}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = CMSG_SPACE(descriptors * sizeof(int))};
	for (int n = 0; n < count; n++)
		if (parts[n].bytes)
			pieces[message.msg_iovlen++] = (struct iovec){parts[n].data, parts[n].bytes};
	control.head = (struct cmsghdr){CMSG_LEN(descriptors * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.head), passed, descriptors * sizeof(int));
	for (;;) {
		if (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno == EAGAIN)
			REAL(poll)(&(struct pollfd){fd, POLLOUT, 0}, 1, -1);
		else if (errno != EINTR)
			return errno = errno == EPIPE || errno == ECONNRESET ? ENODEV : errno, -1;
	}
}

/* Wait until there is an answer, or no server. An interrupted call hangs up, and takes what has come until then. */
static int await_answer(int fd, int reply)
{
	struct pollfd both[2] = {{reply, POLLIN, 0}, {fd, 0, 0}};
	if (REAL(poll)(both, 2, -1) >= 0)
		return both[0].revents & POLLIN ? 0 : (errno = ENODEV, -1);
	int why = errno;
	shutdown(reply, SHUT_RDWR);
	return errno = why, -1;
}

/* Receive an answer into parts, in their order: the number of bytes, or -1; *passed is a descriptor in it, or -1. */
static ssize_t receive_answer(int reply, struct answer *answer, const struct part *parts, int count, int *passed)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = {0};
	struct iovec pieces[3] = {{answer, sizeof *answer}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	for (int n = 0; n < count; n++)
		if (parts[n].bytes)
			pieces[message.msg_iovlen++] = (struct iovec){parts[n].data, parts[n].bytes};
	ssize_t got = recvmsg(reply, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	*passed = -1;
	if (got < 0)
		return -1;
	struct cmsghdr *found = CMSG_FIRSTHDR(&message);
	if (found && found->cmsg_type == SCM_RIGHTS)
		memcpy(passed, CMSG_DATA(found), sizeof *passed);
	if ((size_t)got >= sizeof *answer && !(message.msg_flags & MSG_TRUNC))
		return got - (ssize_t)sizeof *answer;
	if (*passed >= 0)
		close(*passed);
	*passed = -1;
	return errno = got ? EIO : ENODEV, -1;
}

/* Take tokens of frames away, which made the descriptor readable. */
static void take_tokens(int fd, uint32_t tokens)
{
	char token;
	while (tokens-- && recv(fd, &token, sizeof token, MSG_DONTWAIT) > 0)
		;
}

/* A request and its answer: the result, or -1 with errno. */
static int ask(int fd, struct head head, const struct part *out, int outs, int more, const struct part *in, int ins,
	size_t *bytes, int *passed)
{
	int ends[2], file = fcntl(fd, F_GETFL);
	struct answer answer = {0};
	ssize_t got = -1;
	*passed = -1;
	head.flags |= file >= 0 && file & O_NONBLOCK ? NONBLOCKING : 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	int sent = send_request(fd, &head, out, outs, ends[1], more), why = errno;
	close(ends[1]);
	if (!sent) {
		int interrupted = await_answer(fd, ends[0]) ? errno : 0;
		got = receive_answer(ends[0], &answer, in, ins, passed);
		why = interrupted ? interrupted : errno;
	}
	close(ends[0]);
	if (got < 0)
		return errno = why, -1;
	take_tokens(fd, answer.tokens);
	*bytes = (size_t)got;
	if (answer.result >= 0)
		return answer.result;
	return errno = -answer.result, -1;
}

/* Copy to where a program points; EFAULT if that is no memory of its own, as a kernel finds. */
static int put(void *to, const void *from, size_t bytes)
{
	struct iovec here = {(void *)from, bytes}, there = {to, bytes};
	if (!bytes || process_vm_writev(getpid(), &here, 1, &there, 1, 0) == (ssize_t)bytes)
		return 0;
	return errno = EFAULT, -1;
}

/* The arrays that the argument points to; what comes back for them lies in `from`. */
static int spread_topology(struct media_v2_topology *t, const uint8_t *from, size_t bytes)
{
	const struct { uint64_t to; size_t bytes; } arrays[] = {
		{t->ptr_entities, t->num_entities * sizeof(struct media_v2_entity)},
		{t->ptr_interfaces, t->num_interfaces * sizeof(struct media_v2_interface)},
		{t->ptr_pads, t->num_pads * sizeof(struct media_v2_pad)},
		{t->ptr_links, t->num_links * sizeof(struct media_v2_link)},
	};
	for (int n = 0; n < 4; n++) {
		if (!arrays[n].to)
			continue;
		if (arrays[n].bytes > bytes)
			return errno = EIO, -1;
		if (put((void *)(uintptr_t)arrays[n].to, from, arrays[n].bytes))
			return -1;
		from += arrays[n].bytes;
		bytes -= arrays[n].bytes;
	}
	return 0;
}

/* Behind the pads of an entity come its links. */
static int spread_links(const struct media_links_enum *links, const uint8_t *from, size_t bytes)
{
	uint32_t pads;
	if (bytes < sizeof pads)
		return errno = EIO, -1;
	memcpy(&pads, from, sizeof pads);
	from += sizeof pads;
	bytes -= sizeof pads;
	if (pads > bytes / sizeof(struct media_pad_desc))
		return errno = EIO, -1;
	size_t first = pads * sizeof(struct media_pad_desc);
	if (links->pads && put(links->pads, from, first))
		return -1;
	return links->links ? put(links->links, from + first, bytes - first) : 0;
}

static bool has_controls(unsigned long request)
{
	return request == VIDIOC_G_EXT_CTRLS || request == VIDIOC_S_EXT_CTRLS || request == VIDIOC_TRY_EXT_CTRLS;
}

/* A buffer of the program's own memory: the frame is copied there from the server's. */
static int copy_frame(const struct v4l2_buffer *buffer, int from)
{
	for (size_t done = 0; done < buffer->bytesused;) {
		ssize_t got = pread(from, (char *)buffer->m.userptr + done, buffer->bytesused - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return errno = got ? errno : EIO, -1;
		done += (size_t)got;
	}
	return 0;
}

/* Whether all of a buffer is memory of the program's. */
static bool is_mapped(unsigned long at, size_t bytes)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE), first = at & ~(page - 1);
	size_t pages = (at - first + bytes + page - 1) / page;
	unsigned char *told = at ? malloc(pages) : NULL;
	bool mapped = told && at + bytes >= at && !mincore((void *)first, pages * page, told);
	free(told);
	return mapped;
}

int video_ioctl(int fd, unsigned long request, void *argument)
{
	struct head head = {.call = IOCTL, .number = (uint32_t)request, .size = _IOC_SIZE(request)};
	struct part parts[2] = {{argument, argument ? head.size : 0}, {NULL, 0}};
	bool media = request == MEDIA_IOC_G_TOPOLOGY || request == MEDIA_IOC_ENUM_LINKS;
	int more = -1, passed;
	size_t got = 0;
	void *room = NULL;
	if (!argument || !head.size)
		head.flags = NO_ARGUMENT;
	else if (has_controls(request)) {
		const struct v4l2_ext_controls *controls = argument;
		bool some = controls->count && controls->count <= MAX_CONTROLS;
		if (some && !controls->controls)
			return errno = EFAULT, -1;
		parts[1] = (struct part){controls->controls, some ? controls->count * sizeof *controls->controls : 0};
	} else if (request == VIDIOC_QBUF || request == VIDIOC_PREPARE_BUF) {
		const struct v4l2_buffer *buffer = argument;
		if (buffer->memory == V4L2_MEMORY_DMABUF && fcntl(buffer->m.fd, F_GETFD) >= 0)
			more = buffer->m.fd;
		if (buffer->memory == V4L2_MEMORY_USERPTR && !is_mapped(buffer->m.userptr, buffer->length))
			head.flags |= NO_MEMORY; /* which does not matter to a buffer that is prepared */
	}
	struct part back[2] = {parts[0], parts[1]};
	if (media && argument) {
		if (!(room = malloc(MAX_ARRAY)))
			return errno = ENOMEM, -1;
		back[1] = (struct part){room, MAX_ARRAY};
	}
	int result = ask(fd, head, parts, 2, more, back, 2, &got, &passed);
	if (request == VIDIOC_DQEVENT)
		epoll_fetched(fd);
	if (result >= 0 && room && got >= head.size)
		result = request == MEDIA_IOC_G_TOPOLOGY ? spread_topology(argument, room, got - head.size)
							 : spread_links(argument, room, got - head.size);
	if (result >= 0 && request == VIDIOC_EXPBUF) {
		struct v4l2_exportbuffer *exported = argument;
		if (!(exported->flags & O_CLOEXEC))
			fcntl(passed, F_SETFD, 0);
		exported->fd = passed;
		passed = -1;
	}
	if (result >= 0 && request == VIDIOC_DQBUF && passed >= 0)
		result = copy_frame(argument, passed);
	int why = errno;
	if (passed >= 0)
		close(passed);
	free(room);
	errno = why;
	return result;
}

void *video_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	struct place place = {(uint64_t)offset, length};
	struct part out = {&place, sizeof place};
	size_t got;
	int memory;
	if (!(flags & (MAP_SHARED | MAP_SHARED_VALIDATE)))
		return errno = EINVAL, MAP_FAILED;
	if (ask(fd, (struct head){.call = MMAP}, &out, 1, -1, NULL, 0, &got, &memory) < 0)
		return MAP_FAILED;
	void *mapped = (void *)syscall(SYS_mmap, address, length, protection, flags, memory, 0);
	int why = errno;
	close(memory);
	errno = why;
	return mapped;
}

ssize_t video_read(int fd, void *to, size_t bytes)
{
	struct place place = {0};
	struct part in = {&place, sizeof place};
	size_t got;
	int memory;
	uint32_t wanted = bytes < 0x7FFFF000 ? (uint32_t)bytes : 0x7FFFF000;
	if (ask(fd, (struct head){.call = READ, .number = wanted}, NULL, 0, -1, &in, 1, &got, &memory) < 0)
		return -1;
	ssize_t done = place.length && place.length <= bytes && memory >= 0
		? pread(memory, to, place.length, (off_t)place.offset) : 0;
	int why = errno;
	if (memory >= 0)
		close(memory);
	errno = why;
	return done;
}

int video_watch(int fd, short events, enum how how, short *now)
{
	int ends[2], none;
	struct head head = {.call = POLL, .number = (uint32_t)(unsigned short)events, .size = 1};
	struct answer answer;
	*now = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	int sent = send_request(fd, &head, NULL, 0, ends[1], -1);
	close(ends[1]);
	if (!sent && !await_answer(fd, ends[0])) {
		if (how == WATCH_AND_KEEP && video_kept(ends[0]))
			return ends[0];
		if (receive_answer(ends[0], &answer, NULL, 0, &none) >= 0) {
			*now = answer.result > 0 ? (short)answer.result : 0;
			if (!*now)
				return ends[0];
		}
	}
	close(ends[0]);
	return -1;
}

bool video_kept(int watch)
{
	struct answer answer = {0};
	return recv(watch, &answer, sizeof answer, MSG_PEEK | MSG_DONTWAIT) == sizeof answer && answer.result > 0;
}

short video_watched(int watch)
{
	struct answer answer = {0};
	int none;
	ssize_t got = receive_answer(watch, &answer, NULL, 0, &none);
	close(watch);
	return got >= 0 && answer.result > 0 ? (short)answer.result : 0;
}
