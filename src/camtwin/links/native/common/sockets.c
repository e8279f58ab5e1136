/* Twins' servers, and whole messages to and from them. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATIENCE_s = 5 };

void put32(uint8_t *bytes, uint32_t value)
{
	uint32_t big = htonl(value);
	memcpy(bytes, &big, 4);
}

uint32_t big32(const uint8_t *bytes)
{
	uint32_t big;
	memcpy(&big, bytes, 4);
	return ntohl(big);
}

static struct server list[MAX_SERVERS];
static int listed;

static void read_list(void)
{
	const char *said = getenv("CAMTWIN_USBIP");
	char *copy = strdup(said && *said ? said : "127.0.0.1:3240"), *rest = copy, *one;
	while (copy && (one = strsep(&rest, ",")) && listed < MAX_SERVERS) {
		char *colon = strrchr(one, ':');
		if (!colon || colon == one || (size_t)(colon - one) >= sizeof list->host)
			continue;
		memcpy(list[listed].host, one, (size_t)(colon - one));
		list[listed++].port = (uint16_t)atoi(colon + 1);
	}
	free(copy);
}

const struct server *servers(int *count)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, read_list);
	*count = listed;
	return list;
}

int server_connect(const struct server *server)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(server->port)};
	if (inet_pton(AF_INET, server->host, &at.sin_addr) != 1)
		return -1;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -1;
	int on = 1;
	struct timeval patience = {.tv_sec = PATIENCE_s};
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(s, (struct sockaddr *)&at, sizeof at) == 0)
		return s;
	close(s);
	return -1;
}

int send_all(int s, const void *head, size_t head_bytes, const void *data, size_t data_bytes)
{
	struct iovec parts[2] = {{(void *)head, head_bytes}, {(void *)data, data_bytes}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	size_t left = head_bytes + data_bytes;
	while (left) {
		ssize_t sent = sendmsg(s, &message, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return -1;
		left -= (size_t)sent;
		for (int i = 0; i < 2; i++) {
			size_t taken = (size_t)sent < parts[i].iov_len ? (size_t)sent : parts[i].iov_len;
			parts[i].iov_base = (char *)parts[i].iov_base + taken;
			parts[i].iov_len -= taken;
			sent -= (ssize_t)taken;
		}
	}
	return 0;
}

int receive_all(int s, void *data, size_t bytes)
{
	for (char *at = data; bytes;) {
		ssize_t got = recv(s, at, bytes, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		bytes -= (size_t)got;
	}
	return 0;
}
