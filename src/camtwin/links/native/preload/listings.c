/* What a program finds in /dev: after the kernel's devices come ours. */
#define _GNU_SOURCE
#include "preload.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_LISTINGS = 16 };

static struct listing { DIR *of, *ours; struct dirent entry; struct dirent64 entry64; } listings[MAX_LISTINGS];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static struct listing *listing_of(DIR *of)
{
	struct listing *found = NULL;
	pthread_mutex_lock(&guard);
	for (int n = 0; n < MAX_LISTINGS && !found; n++)
		if (listings[n].of == of)
			found = &listings[n];
	pthread_mutex_unlock(&guard);
	return found;
}

/* Note a stream of /dev, so that our devices follow the kernel's. */
static DIR *noted(DIR *of)
{
	pthread_mutex_lock(&guard);
	for (int n = 0; n < MAX_LISTINGS; n++)
		if (!listings[n].of) {
			listings[n] = (struct listing){.of = of, .ours = REAL(opendir)(folder())};
			break;
		}
	pthread_mutex_unlock(&guard);
	return of;
}

DIR *opendir(const char *path)
{
	char place[PATH];
	DIR *of = REAL(opendir)(elsewhere(path, place));
	return of && folder() && (!strcmp(path, "/dev") || !strcmp(path, "/dev/")) ? noted(of) : of;
}

DIR *fdopendir(int fd)
{
	struct stat opened, dev;
	DIR *of = REAL(fdopendir)(fd);
	bool is_dev = of && folder() && !REAL(fstat)(fd, &opened) && !REAL(stat)("/dev", &dev) &&
		opened.st_ino == dev.st_ino && opened.st_dev == dev.st_dev;
	return is_dev ? noted(of) : of;
}

int closedir(DIR *of)
{
	struct listing *found = listing_of(of);
	if (found) {
		if (found->ours)
			REAL(closedir)(found->ours);
		found->of = found->ours = NULL;
	}
	return REAL(closedir)(of);
}

/* The next device of a listing of /dev, as an entry of its own. */
#define READ(name, type, kept)                                                                                       \
	struct type *name(DIR *of)                                                                                   \
	{                                                                                                            \
		int before = errno;                                                                                  \
		struct type *next = REAL(name)(of);                                                                  \
		struct listing *found = next ? NULL : listing_of(of);                                                \
		struct device device;                                                                                \
		while (found && found->ours && (next = REAL(name)(found->ours)))                                     \
			if (device_named(next->d_name, &device)) {                                                   \
				found->kept = *next;                                                                 \
				found->kept.d_type = DT_CHR;                                                         \
				return errno = before, &found->kept;                                                 \
			}                                                                                            \
		return next;                                                                                         \
	}

READ(readdir, dirent, entry)
READ(readdir64, dirent64, entry64)
