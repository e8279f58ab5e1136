// Saves an image of a sensor as a 16-bit PGM file, its raw codes.
//
//   c++ save_image.cpp $(camtwin libsv --flags) -o save_image
//   camtwin exec -- ./save_image /dev/video10 image.pgm
#include <sv/sv.h>

#include <cstdint>
#include <fstream>
#include <iostream>

// PGM has the high byte first.
static bool written(const char *path, const IProcessedImage &image)
{
	const auto *codes = static_cast<const std::uint16_t *>(image.data);
	std::ofstream file(path, std::ios::binary);
	file << "P5\n" << image.width << " " << image.height << "\n65535\n";
	for (std::size_t i = 0; i < std::size_t(image.width) * image.height; i++)
		file.put(char(codes[i] >> 8)).put(char(codes[i] & 0xFF));
	return bool(file.flush());
}

int main(int count, char **words)
{
	if (count != 3) {
		std::cerr << "usage: save_image NODE FILE.pgm\n";
		return 2;
	}
	ICamera *camera = sv::GetCamera(words[1]);
	if (!camera || !camera->StartStream()) {
		std::cerr << words[1] << ": no stream\n";
		return 1;
	}
	const IImage image = camera->GetImage();
	IProcessedImage raw = sv::AllocateProcessedImage(camera->GetImageInfo());
	const bool good = sv::ProcessImage(image, raw, SV_ALGORITHM_AUTODETECT) && written(words[2], raw);
	if (!good)
		std::cerr << words[2] << ": not written\n";
	sv::DeallocateProcessedImage(raw);
	camera->StopStream();
	return good ? 0 : 1;
}
