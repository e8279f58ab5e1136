/* The wire: USB/IP's operations and URB headers, all big-endian. */
#define _GNU_SOURCE
#include "standin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { VERSION = 0x0111, REQ_DEVLIST = 0x8005, REQ_IMPORT = 0x8003, REP_DEVLIST = 5, REP_IMPORT = 3 };
enum { EXPORTED_BYTES = 312, DEVICE_BUSY = 2, PATIENCE_s = 5 };

static void put32(uint8_t *bytes, uint32_t value)
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

static struct server list[MOST_SERVERS];
static int listed;

static void read_list(void)
{
	const char *said = getenv("CAMTWIN_USBIP");
	char *copy = strdup(said && *said ? said : "127.0.0.1:3240"), *rest = copy, *one;
	while (copy && (one = strsep(&rest, ",")) && listed < MOST_SERVERS) {
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

static int connected(const struct server *server)
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

int usbip_send(int s, const void *head, size_t head_bytes, const void *data, size_t data_bytes)
{
	struct iovec parts[2] = {{(void *)head, head_bytes}, {(void *)data, data_bytes}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	size_t left = head_bytes + data_bytes;
	while (left) {
		ssize_t sent = sendmsg(s, &message, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return LIBUSB_ERROR_NO_DEVICE;
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

int usbip_receive(int s, void *data, size_t bytes)
{
	for (char *at = data; bytes;) {
		ssize_t got = recv(s, at, bytes, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return LIBUSB_ERROR_NO_DEVICE;
		at += got;
		bytes -= (size_t)got;
	}
	return 0;
}

/* Send an operation; its reply must have this code. The status of the reply, or an error. */
static int operation(int s, uint32_t code, const char *bus_id, uint32_t reply)
{
	uint8_t head[8];
	put32(head, (uint32_t)VERSION << 16 | code);
	put32(head + 4, 0);
	if (usbip_send(s, head, 8, bus_id, bus_id ? BUS_ID : 0) || usbip_receive(s, head, 8))
		return LIBUSB_ERROR_NO_DEVICE;
	return big32(head) == ((uint32_t)VERSION << 16 | reply) ? (int)big32(head + 4) : LIBUSB_ERROR_IO;
}

static struct exported unpacked(const uint8_t bytes[EXPORTED_BYTES])
{
	struct exported e = {.bus = big32(bytes + 288), .number = big32(bytes + 292), .speed = big32(bytes + 296)};
	memcpy(e.bus_id, bytes + 256, BUS_ID - 1);
	e.vendor = (uint16_t)(bytes[300] << 8 | bytes[301]);
	e.product = (uint16_t)(bytes[302] << 8 | bytes[303]);
	return e;
}

int usbip_list(const struct server *server, struct exported *found, int most)
{
	uint8_t bytes[EXPORTED_BYTES];
	int s = connected(server), count = 0;
	if (s < 0)
		return 0; /* no twin runs there */
	int status = operation(s, REQ_DEVLIST, NULL, REP_DEVLIST);
	if (status == 0 && usbip_receive(s, bytes, 4) == 0) {
		for (uint32_t n = big32(bytes); n && count < most; n--) {
			if (usbip_receive(s, bytes, EXPORTED_BYTES))
				break;
			found[count] = unpacked(bytes);
			int interfaces = bytes[311];
			while (interfaces && usbip_receive(s, bytes, 4) == 0)
				interfaces--;
			if (interfaces)
				break;
			count++;
		}
	}
	close(s);
	return count;
}

int usbip_import(const struct server *server, const char *bus_id, uint32_t *device_id, int *socket)
{
	uint8_t bytes[EXPORTED_BYTES];
	int s = connected(server);
	if (s < 0)
		return LIBUSB_ERROR_NO_DEVICE;
	int status = operation(s, REQ_IMPORT, bus_id, REP_IMPORT);
	if (status == 0 && usbip_receive(s, bytes, sizeof bytes) == 0) {
		struct timeval forever = {0};
		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
		struct exported e = unpacked(bytes);
		*device_id = e.bus << 16 | e.number;
		*socket = s;
		return 0;
	}
	close(s);
	return status == DEVICE_BUSY ? LIBUSB_ERROR_BUSY : LIBUSB_ERROR_NO_DEVICE;
}

void usbip_submit(uint8_t head[48], uint32_t sequence, uint32_t device, bool in, int endpoint, int length, const uint8_t setup[8])
{
	memset(head, 0, 48);
	put32(head, 1);
	put32(head + 4, sequence);
	put32(head + 8, device);
	put32(head + 12, in);
	put32(head + 16, (uint32_t)endpoint);
	put32(head + 24, (uint32_t)length);
	if (setup)
		memcpy(head + 40, setup, 8);
}

void usbip_unlink(uint8_t head[48], uint32_t sequence, uint32_t device, uint32_t target)
{
	memset(head, 0, 48);
	put32(head, 2);
	put32(head + 4, sequence);
	put32(head + 8, device);
	put32(head + 20, target);
}
