/* A program that takes a camera for a file: v4l2_stdio NODE BYTES. Two frames by fread, and what an ioctl on the
 * stream's descriptor says; then whether creat opens the node, and freopen does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int count, char **words)
{
	size_t bytes = count > 2 ? (size_t)atol(words[2]) : 0;
	char *first = malloc(bytes), *second = malloc(bytes);
	struct v4l2_capability about = {0};
	FILE *stream = fopen(words[1], "rbe");
	if (!stream || !bytes)
		return perror(words[1]), 1;
	int said = ioctl(fileno(stream), VIDIOC_QUERYCAP, &about), flags = fcntl(fileno(stream), F_GETFD), fd = fileno(stream);
	size_t one = fread(first, 1, bytes, stream), two = fread(second, 1, bytes, stream);
	unsigned long sum = 0;
	for (size_t n = 0; n + 1 < bytes; n += 2)
		sum += (unsigned char)first[n] | (unsigned)(unsigned char)first[n + 1] << 8;
	printf("%d %s %d\n", said, about.driver, flags & FD_CLOEXEC);
	printf("%zu %zu %d %.1f\n", one, two, memcmp(first, second, bytes) != 0, (double)sum / (double)(bytes / 2));
	int closed = fclose(stream);
	printf("%d %d\n", closed, fcntl(fd, F_GETFD));
	int made = creat(words[1], 0600);
	printf("%d\n", made < 0 ? -1 : close(made));
	FILE *again = freopen(words[1], "r", stdin);
	printf("%d %s\n", again != NULL, strerrorname_np(errno));
	return 0;
}
