/* poll and select on cameras. That a frame is ready the kernel sees by itself: its token can be received. Events (POLLPRI),
 * and that there is nothing to wait for (POLLERR), the server tells on a socket that is waited for, too. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { READABLE = POLLIN | POLLRDNORM, WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND, FEW = 64 };

static bool any_camera(const struct pollfd *fds, nfds_t count)
{
	for (nfds_t n = 0; any_device && n < count; n++)
		if (fds[n].fd >= 0 && device_of(fds[n].fd, NULL) == CAMERA)
			return true;
	return false;
}

int wait_for(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	static const struct timespec at_once;
	struct pollfd few[2 * FEW], *set = count <= FEW ? few : malloc(2 * count * sizeof *set);
	if (!set)
		return errno = ENOMEM, -1;
	bool some = false;
	for (nfds_t n = 0; n < count; n++) {
		set[n] = fds[n];
		set[count + n] = (struct pollfd){.fd = -1, .events = POLLIN};
		fds[n].revents = 0;
		if (fds[n].fd < 0 || device_of(fds[n].fd, NULL) != CAMERA)
			continue;
		set[n].events &= (short)~(WRITABLE | POLLPRI); /* nothing is written to a camera */
		set[count + n].fd = video_watch(fds[n].fd, fds[n].events, WATCH, &fds[n].revents);
		some |= fds[n].revents != 0;
	}
	int done = REAL(ppoll)(set, 2 * count, some ? &at_once : timeout, mask), why = errno, ready = 0;
	for (nfds_t n = 0; n < count; n++) {
		if (done >= 0)
			fds[n].revents |= set[n].revents;
		if (set[count + n].fd >= 0 && done > 0 && set[count + n].revents)
			fds[n].revents |= video_watched(set[count + n].fd);
		else if (set[count + n].fd >= 0)
			close(set[count + n].fd);
		ready += fds[n].revents != 0;
	}
	if (set != few)
		free(set);
	errno = why;
	return done < 0 ? -1 : ready;
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
	if (!any_camera(fds, count))
		return REAL(poll)(fds, count, ms);
	struct timespec timeout = {ms / 1000, ms % 1000 * 1000000L};
	return wait_for(fds, count, ms < 0 ? NULL : &timeout, NULL);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	if (!any_camera(fds, count))
		return REAL(ppoll)(fds, count, timeout, mask);
	return wait_for(fds, count, timeout, mask);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room)
{
	if (room / sizeof *fds < count)
		abort();
	return poll(fds, count, ms);
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room)
{
	if (room / sizeof *fds < count)
		abort();
	return ppoll(fds, count, timeout, mask);
}

/* -- select, in terms of poll */
static bool camera_in(int limit, const fd_set *set)
{
	for (int fd = 0; set && fd < limit; fd++)
		if (FD_ISSET(fd, set) && device_of(fd, NULL) == CAMERA)
			return true;
	return false;
}

static int choose(int limit, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask)
{
	struct pollfd *fds = calloc((size_t)limit, sizeof *fds);
	nfds_t count = 0;
	int found = 0;
	if (!fds)
		return errno = ENOMEM, -1;
	for (int fd = 0; fd < limit; fd++) {
		short events = (short)((in && FD_ISSET(fd, in) ? POLLIN : 0) | (out && FD_ISSET(fd, out) ? POLLOUT : 0) |
			(except && FD_ISSET(fd, except) ? POLLPRI : 0));
		if (events)
			fds[count++] = (struct pollfd){fd, events, 0};
	}
	int done = wait_for(fds, count, timeout, mask), why = errno;
	for (nfds_t n = 0; done >= 0 && n < count; n++) {
		int fd = fds[n].fd, told = fds[n].revents;
		if (told & POLLNVAL) {
			done = -1;
			why = EBADF;
			break;
		}
		if (in && FD_ISSET(fd, in) && !(told & (READABLE | POLLHUP | POLLERR)))
			FD_CLR(fd, in);
		if (out && FD_ISSET(fd, out) && !(told & (WRITABLE | POLLERR)))
			FD_CLR(fd, out);
		if (except && FD_ISSET(fd, except) && !(told & POLLPRI))
			FD_CLR(fd, except);
		found += (in && FD_ISSET(fd, in)) + (out && FD_ISSET(fd, out)) + (except && FD_ISSET(fd, except));
	}
	free(fds);
	errno = why;
	return done < 0 ? -1 : found;
}

static bool for_cameras(int limit, const fd_set *in, const fd_set *out, const fd_set *except)
{
	return any_device && limit > 0 && limit <= FD_SETSIZE &&
		(camera_in(limit, in) || camera_in(limit, out) || camera_in(limit, except));
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

int select(int limit, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	if (!for_cameras(limit, in, out, except))
		return REAL(select)(limit, in, out, except, timeout);
	if (!timeout)
		return choose(limit, in, out, except, NULL, NULL);
	struct timespec most = {timeout->tv_sec, timeout->tv_usec * 1000};
	int64_t begin = now_us();
	int found = choose(limit, in, out, except, &most, NULL);
	int64_t left = timeout->tv_sec * 1000000L + timeout->tv_usec - (now_us() - begin);
	*timeout = (struct timeval){left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 : 0};
	return found;
}

int pselect(int limit, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask)
{
	if (!for_cameras(limit, in, out, except))
		return REAL(pselect)(limit, in, out, except, timeout, mask);
	return choose(limit, in, out, except, timeout, mask);
}
