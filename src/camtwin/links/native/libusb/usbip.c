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

enum { VERSION = 0x0111, REQ_DEVLIST = 0x8005, REP_DEVLIST = 5 };
enum { REQ_OPEN = 0x80CA, REP_OPEN = 0xCA }; /* camtwin's own: wire/u3v/usbip.py */
enum { EXPORTED_BYTES = 312 };

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
	int s = server_connect(server), count = 0;
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

/* Open the device that was listed like this; one that has another address by now has left. */
int usbip_open(const struct server *server, const struct exported *as, int *socket)
{
	uint8_t bytes[EXPORTED_BYTES];
	int s = server_connect(server);
	if (s < 0)
		return LIBUSB_ERROR_NO_DEVICE;
	if (operation(s, REQ_OPEN, as->bus_id, REP_OPEN) == 0 && usbip_receive(s, bytes, sizeof bytes) == 0) {
		struct timeval forever = {0};
		struct exported found = unpacked(bytes);
		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
		*socket = s;
		if (!memcmp(&found, as, sizeof found))
			return 0;
	}
	close(s);
	return LIBUSB_ERROR_NO_DEVICE;
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
