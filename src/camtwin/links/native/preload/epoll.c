/* epoll on cameras. That a frame is ready the kernel sees by itself; for events (EPOLLPRI) a second socket is in the set, which
 * the server makes readable when there is one (video_watch). What it holds is not taken before the program fetches an event, so it
 * stays readable as long as there is one, in an epoll within an epoll, too. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_WATCHED = 64, WRITABLE = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND, HOW = EPOLLET | EPOLLONESHOT };

/* A camera in a set: its own socket beside it, and what the program wants to be told. */
static struct watched { bool used; int set, fd, watch; struct epoll_event wanted; } all[MAX_WATCHED];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static void disarm(struct watched *one)
{
	if (one->watch < 0)
		return;
	REAL(epoll_ctl)(one->set, EPOLL_CTL_DEL, one->watch, NULL); /* a child of fork may have it, too */
	close(one->watch);
	one->watch = -1;
}

static void arm(struct watched *one)
{
	struct epoll_event told = {EPOLLIN | (one->wanted.events & HOW), {.ptr = one}};
	disarm(one);
	one->watch = video_watch(one->fd, POLLPRI, WATCH_AND_KEEP, &(short){0});
	if (one->watch >= 0 && REAL(epoll_ctl)(one->set, EPOLL_CTL_ADD, one->watch, &told))
		disarm(one);
}

static struct watched *find(int set, int fd)
{
	for (struct watched *one = all; one < all + MAX_WATCHED; one++)
		if (one->used && one->set == set && one->fd == fd)
			return one;
	return NULL;
}

/* An empty place; those of sets that are closed are empty, too. */
static struct watched *place(void)
{
	for (struct watched *one = all; one < all + MAX_WATCHED; one++) {
		struct stat state;
		if (one->used && (REAL(fstat)(one->set, &state) || device_of(one->fd, NULL) != CAMERA)) {
			disarm(one);
			one->used = false;
		}
		if (!one->used)
			return one;
	}
	return NULL;
}

int epoll_ctl(int set, int what, int fd, struct epoll_event *event)
{
	if (!any_device || device_of(fd, NULL) != CAMERA)
		return REAL(epoll_ctl)(set, what, fd, event);
	struct epoll_event own = {0};
	if (event)
		own = (struct epoll_event){event->events & ~(uint32_t)(WRITABLE | EPOLLPRI), event->data};
	int done = REAL(epoll_ctl)(set, what, fd, event ? &own : NULL), why = errno;
	pthread_mutex_lock(&guard);
	struct watched *one = done ? NULL : find(set, fd);
	if (one) {
		disarm(one);
		one->used = false;
	}
	if (!done && what != EPOLL_CTL_DEL && event && event->events & EPOLLPRI && (one || (one = place()))) {
		*one = (struct watched){true, set, fd, -1, *event};
		arm(one);
	}
	pthread_mutex_unlock(&guard);
	errno = why;
	return done;
}

void epoll_fetched(int fd)
{
	struct stat fetched, other;
	int before = errno;
	pthread_mutex_lock(&guard);
	for (struct watched *one = all; one < all + MAX_WATCHED; one++)
		if (one->used && !REAL(fstat)(fd, &fetched) && !REAL(fstat)(one->fd, &other) && fetched.st_ino == other.st_ino)
			arm(one); /* one open file may have several descriptors */
	pthread_mutex_unlock(&guard);
	errno = before;
}

/* Put what the program wants to be told in place of our sockets' events: the number that is left. */
static int translated(struct epoll_event *events, int count)
{
	int left = 0;
	pthread_mutex_lock(&guard);
	for (int n = 0; n < count; n++) {
		struct watched *one = events[n].data.ptr;
		if (one >= all && one < all + MAX_WATCHED) {
			if (!one->used || !video_kept(one->watch)) { /* its camera has been closed */
				disarm(one);
				one->used = false;
				continue;
			}
			events[n] = (struct epoll_event){EPOLLPRI, one->wanted.data};
		}
		int same = 0;
		while (same < left && events[same].data.u64 != events[n].data.u64)
			same++;
		if (same < left && (events[n].events | events[same].events) & EPOLLPRI)
			events[same].events |= events[n].events;
		else
			events[left++] = events[n];
	}
	pthread_mutex_unlock(&guard);
	return left;
}

/* What is left of nothing but a camera that was closed is nothing: a wait goes on, from its beginning. */
#define WAIT(name, parameters, ...)                                                                                  \
	int name parameters                                                                                          \
	{                                                                                                            \
		for (;;) {                                                                                           \
			int done = REAL(name)(__VA_ARGS__), left = any_device && done > 0 ? translated(events, done) : done; \
			if (left || !done)                                                                           \
				return left;                                                                         \
		}                                                                                                    \
	}

WAIT(epoll_wait, (int set, struct epoll_event *events, int most, int ms), set, events, most, ms)
WAIT(epoll_pwait, (int set, struct epoll_event *events, int most, int ms, const sigset_t *mask), set, events, most, ms, mask)
#if __GLIBC_PREREQ(2, 35)
WAIT(epoll_pwait2, (int set, struct epoll_event *events, int most, const struct timespec *timeout, const sigset_t *mask),
	set, events, most, timeout, mask)
#endif
