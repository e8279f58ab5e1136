/* Takes images of a sensor and tells when each was taken.
 *
 *   cc acquire_image.c $(camtwin libsv --flags) -o acquire_image
 *   camtwin exec -- ./acquire_image [/dev/video10 [IMAGES]] */
#include <sv/sv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

static ICamera *chosen(const char *node)
{
	int count = 0;
	if (node)
		return sv_GetCamera(node);
	ICamera **all = sv_GetAllCameras(&count), *first = count ? all[0] : NULL;
	free(all);
	return first;
}

static void print_controls(ICamera *camera)
{
	int count = 0;
	IControl **all = sv_camera_GetControlList(camera, &count);
	for (int i = 0; i < count; i++)
		printf("%-30s %d (%d .. %d)\n", sv_control_GetName(all[i]), sv_control_Get(all[i]),
		       sv_control_GetMinValue(all[i]), sv_control_GetMaxValue(all[i]));
	free(all);
}

int main(int count, char **words)
{
	const char *node = count > 1 ? words[1] : NULL;
	int images = count > 2 ? atoi(words[2]) : 10;
	ICamera *camera = chosen(node);
	if (!camera)
		return fprintf(stderr, "no camera at %s: %s\n", node ? node : "/dev/video*", strerror(errno)), 1;
	printf("%s, driver %s\n", sv_camera_GetName(camera), sv_camera_GetDriverName(camera));
	print_controls(camera);
	if (!sv_camera_StartStream(camera))
		return fprintf(stderr, "%s: no stream: %s\n", sv_camera_GetName(camera), strerror(errno)), 1;
	int got = 0;
	for (; got < images; got++) {
		IImage image = sv_camera_GetImage(camera);
		if (!image.data)
			break;
		printf("image %u: %ux%u %.4s, at %llu.%06llu s\n", image.id, image.width, image.height,
		       (const char *)&image.pixelFormat, (unsigned long long)image.timestamp.s,
		       (unsigned long long)image.timestamp.us);
		sv_camera_ReturnImage(camera, image);
	}
	sv_camera_StopStream(camera);
	return got == images ? 0 : 1;
}
