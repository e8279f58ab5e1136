/* Displays images of a sensor in the terminal: a cell of its mosaic is a pixel, and two of them a character.
 *
 *   cc display_image.c $(camtwin libsv --flags) -o display_image
 *   camtwin exec -- ./display_image /dev/video10 [IMAGES [COLUMNS]] */
#include <sv/sv.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(const char *what) { return fprintf(stderr, "%s: %s\n", what, strerror(errno)), 1; }

/* The colours of the cell at (x, y), 0 .. 255: red, green, blue. The first letters of a Bayer format name its cell. */
static void colours(const IProcessedImage *image, uint32_t x, uint32_t y, int shift, unsigned out[3])
{
	const char *format = (const char *)&image->pixelFormat;
	int red_x = format[0] == 'G' || format[0] == 'B', red_y = format[0] == 'B' || !strncmp(format, "GB", 2);
	const uint16_t *codes = image->data;
	if (!strncmp(format, "BA", 2)) /* BA10 is GRBG, by an accident of history */
		red_x = 1, red_y = 0;
#define CODE(dx, dy) (codes[((y & ~1u) + (dy)) * image->width + (x & ~1u) + (dx)] >> shift)
	out[0] = CODE(red_x, red_y);
	out[1] = (CODE(!red_x, red_y) + CODE(red_x, !red_y)) / 2;
	out[2] = CODE(!red_x, !red_y);
}

static void show(const IProcessedImage *image, int bits, unsigned columns)
{
	unsigned rows = columns * image->height / image->width / 2;
	for (unsigned row = 0; row < rows; row++) {
		for (unsigned column = 0; column < columns; column++) {
			unsigned top[3], bottom[3];
			uint32_t x = (uint32_t)((uint64_t)column * image->width / columns);
			colours(image, x, (uint32_t)((uint64_t)(2 * row) * image->height / (2 * rows)), bits - 8, top);
			colours(image, x, (uint32_t)((uint64_t)(2 * row + 1) * image->height / (2 * rows)), bits - 8, bottom);
			printf("\033[38;2;%u;%u;%um\033[48;2;%u;%u;%um\u2580", top[0], top[1], top[2], bottom[0], bottom[1],
			       bottom[2]);
		}
		printf("\033[0m\n");
	}
}

int main(int count, char **words)
{
	if (count < 2)
		return fprintf(stderr, "usage: display_image NODE [IMAGES [COLUMNS]]\n"), 2;
	int images = count > 2 ? atoi(words[2]) : 1, columns = count > 3 ? atoi(words[3]) : 78;
	ICamera *camera = sv_GetCamera(words[1]);
	if (columns < 1 || !camera || !sv_camera_StartStream(camera))
		return failed(words[1]);
	IProcessedImage raw = sv_AllocateProcessedImage(sv_camera_GetImageInfo(camera));
	int shown = 0;
	for (; shown < images; shown++) {
		IImage image = sv_camera_GetImage(camera);
		if (!sv_ProcessImage(&image, &raw, SV_ALGORITHM_AUTODETECT))
			break;
		char two[3] = {((const char *)&image.pixelFormat)[2], ((const char *)&image.pixelFormat)[3], 0};
		show(&raw, atoi(two) ? atoi(two) : 8, (unsigned)columns);
		sv_camera_ReturnImage(camera, image);
	}
	sv_DeallocateProcessedImage(&raw);
	sv_camera_StopStream(camera);
	return shown == images ? 0 : failed(words[1]);
}
