/* Saves an image of a sensor as a 16-bit PGM file, its raw codes.
 *
 *   cc save_image.c $(camtwin libsv --flags) -o save_image
 *   camtwin exec -- ./save_image /dev/video10 image.pgm */
#include <sv/sv.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *what) { return fprintf(stderr, "%s: %s\n", what, strerror(errno)), 1; }

/* PGM has the high byte first. */
static int written(const char *path, const IProcessedImage *image)
{
	const uint16_t *codes = image->data;
	FILE *file = fopen(path, "wb");
	if (!file)
		return 0;
	fprintf(file, "P5\n%u %u\n65535\n", image->width, image->height);
	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		putc(codes[i] >> 8, file);
		putc(codes[i] & 0xFF, file);
	}
	int good = !ferror(file);
	return fclose(file) == 0 && good;
}

int main(int count, char **words)
{
	if (count != 3)
		return fprintf(stderr, "usage: save_image NODE FILE.pgm\n"), 2;
	ICamera *camera = sv_GetCamera(words[1]);
	if (!camera || !sv_camera_StartStream(camera))
		return failed(words[1]);
	IImage image = sv_camera_GetImage(camera);
	IProcessedImage raw = sv_AllocateProcessedImage(sv_camera_GetImageInfo(camera));
	int good = sv_ProcessImage(&image, &raw, SV_ALGORITHM_AUTODETECT) && written(words[2], &raw);
	int status = good ? 0 : failed(words[2]);
	sv_DeallocateProcessedImage(&raw);
	sv_camera_StopStream(camera);
	return status;
}
