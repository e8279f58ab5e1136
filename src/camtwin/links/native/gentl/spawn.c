/* Twins that the library starts itself when a consumer opens the system: CAMTWIN_GENTL_SPAWN=PYTHON:FOLDER:MODEL...,
 * the interpreter's absolute path, the folder of the package, and models. `camtwin gentl --spawn` prints it.
 *
 * The child has a clean environment and none of the consumer's files. Its input is a pipe that nobody writes to: it
 * ends when the system is closed, or when the consumer is gone, however that came about. */
#define _GNU_SOURCE
#include "producer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_MODELS = 16, READY_s = 60, END_ms = 5000 };

extern char **environ;
static pid_t child;
static int life = -1; /* the pipe's end; the twins run as long as it is open */

static const char *const KEPT[] = {"HOME", "PATH", "LANG", "LC_ALL", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR"};
enum { KEPT_COUNT = sizeof KEPT / sizeof *KEPT };

/* Variables that the child has, and PYTHONPATH; freed by the caller, one by one. */
static void clean_environment(char *variables[KEPT_COUNT + 2], const char *folder)
{
	size_t n = 0;
	for (size_t i = 0; i < KEPT_COUNT; i++) {
		const char *value = getenv(KEPT[i]);
		if (value && asprintf(&variables[n], "%s=%s", KEPT[i], value) > 0)
			n++;
	}
	if (asprintf(&variables[n], "PYTHONPATH=%s", folder) > 0)
		n++;
	variables[n] = NULL;
}

/* Start it; its input and output are the given descriptors, and it has no others. */
static int start(char *const arguments[], const char *folder, int input, int output)
{
	char *variables[KEPT_COUNT + 2];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	sigemptyset(&none);
	sigfillset(&usual);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, 0);
	posix_spawn_file_actions_adddup2(&files, output, 1);
	posix_spawn_file_actions_adddup2(&files, output, 2);
#if __GLIBC_PREREQ(2, 34)
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
#endif
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &usual);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	clean_environment(variables, folder);
	int error = posix_spawn(&child, arguments[0], &files, &how, arguments, variables);
	for (size_t i = 0; variables[i]; i++)
		free(variables[i]);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* Read what the child says until it is ready: 0. Else -1, and its last line. */
static int wait_ready(int output, char *line, size_t room)
{
	uint64_t end = now_ns() + READY_s * 1000000000ull;
	size_t at = 0;
	for (char one; now_ns() < end;) {
		struct pollfd on = {.fd = output, .events = POLLIN};
		int there = poll(&on, 1, 1000);
		if (there < 0 && errno != EINTR)
			break;
		if (there <= 0)
			continue;
		if (read(output, &one, 1) != 1)
			break;
		if (one == '\n') {
			line[at] = 0;
			if (strstr(line, "ready"))
				return 0;
			at = 0;
		} else if (at < room - 1)
			line[at++] = one;
	}
	if (at)
		line[at] = 0;
	return -1;
}

GC_ERROR spawn_twins(void)
{
	const char *given = getenv("CAMTWIN_GENTL_SPAWN");
	char *copy, *rest, *folder, *arguments[MAX_MODELS + 8] = {NULL}, line[256] = "it said nothing";
	int input[2], output[2];
	if (!given || !*given || life >= 0)
		return GC_ERR_SUCCESS;
	if (*given != '/' || !(rest = copy = strdup(given)))
		return fail(GC_ERR_INVALID_VALUE, "CAMTWIN_GENTL_SPAWN %s does not begin with an absolute path", given);
	size_t n = 0;
	arguments[n++] = strsep(&rest, ":");
	folder = strsep(&rest, ":");
	for (const char *word = "-m\0camtwin\0run\0--gentl-only\0--until-eof\0"; *word; word += strlen(word) + 1)
		arguments[n++] = (char *)word;
	size_t fixed = n;
	for (char *model; rest && n < MAX_MODELS + 7 && (model = strsep(&rest, ":"));)
		arguments[n++] = model;
	if (n == fixed || pipe2(input, O_CLOEXEC)) {
		free(copy);
		return fail(GC_ERR_INVALID_VALUE, "CAMTWIN_GENTL_SPAWN %s names no model", given);
	}
	if (pipe2(output, O_CLOEXEC)) {
		close(input[0]);
		close(input[1]);
		free(copy);
		return fail(GC_ERR_RESOURCE_EXHAUSTED, "no pipe for the twins to start");
	}
	pthread_mutex_unlock(&lock);
	int error = start(arguments, folder, input[0], output[1]);
	close(input[0]);
	close(output[1]);
	int ready = error ? -1 : wait_ready(output[0], line, sizeof line);
	close(output[0]);
	pthread_mutex_lock(&lock);
	life = input[1];
	GC_ERROR result = GC_ERR_SUCCESS;
	if (error)
		result = fail(GC_ERR_ERROR, "cannot start %s: %s", arguments[0], strerror(error));
	else if (ready)
		result = fail(GC_ERR_ERROR, "the twins of CAMTWIN_GENTL_SPAWN did not start: %s", line);
	if (error)
		child = 0;
	free(copy);
	return result;
}

void end_spawned(void)
{
	if (life < 0)
		return;
	close(life);
	life = -1;
	pthread_mutex_unlock(&lock);
	for (int waited = 0; child > 0 && waited < END_ms; waited += 10) {
		if (waitpid(child, NULL, WNOHANG))
			child = 0;
		else
			usleep(10000);
	}
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	pthread_mutex_lock(&lock);
}

void spawn_forget(void)
{
	if (life >= 0)
		close(life);
	life = -1;
	child = 0;
}
