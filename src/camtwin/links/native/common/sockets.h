/* What every object of this folder needs of sockets: the servers of twins, and whole messages.
 *
 * CAMTWIN_USBIP names the servers: "127.0.0.1:3240,127.0.0.1:3241". Objects stand alone: each is built with its
 * own copy of this folder's sources (native/__init__.py). */
#ifndef CAMTWIN_SOCKETS_H
#define CAMTWIN_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_SERVERS = 16 };

struct server { char host[64]; uint16_t port; };

const struct server *servers(int *count);
int server_connect(const struct server *server); /* a socket, or -1 */
int send_all(int socket, const void *head, size_t head_bytes, const void *data, size_t data_bytes); /* 0, or -1 */
int receive_all(int socket, void *data, size_t bytes); /* 0, or -1 */
void put32(uint8_t *bytes, uint32_t value); /* big-endian */
uint32_t big32(const uint8_t *bytes);

#endif
