// Displays images of a sensor in the terminal: a cell of its mosaic is a pixel, and two of them a character.
//
//   c++ -std=c++17 display_image.cpp $(camtwin libsv --flags) -o display_image
//   camtwin exec -- ./display_image /dev/video10 [IMAGES [COLUMNS]]
#include <sv/sv.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

// A mosaic of one image: where its red pixel is in a cell, and by how much codes are above 8 bits.
class Mosaic {
public:
	explicit Mosaic(const IProcessedImage &image) : image(image)
	{
		const std::string format(reinterpret_cast<const char *>(&image.pixelFormat), 4);
		const std::string first = format.substr(0, 2) == "BA" ? "GR" : format.substr(0, 2);
		red_x = first[0] != 'R' && first != "GB";
		red_y = first[0] == 'B' || first == "GB";
		shift = std::max(0, std::atoi(format.c_str() + 2) - 8);
	}

	// The colours of the cell at (x, y), 0 .. 255, as a terminal wants them.
	std::string colours(std::uint32_t x, std::uint32_t y) const
	{
		const int green = (code(x, y, !red_x, red_y) + code(x, y, red_x, !red_y)) / 2;
		return std::to_string(code(x, y, red_x, red_y)) + ";" + std::to_string(green) + ";" +
		       std::to_string(code(x, y, !red_x, !red_y)) + "m";
	}

private:
	int code(std::uint32_t x, std::uint32_t y, bool dx, bool dy) const
	{
		const auto *codes = static_cast<const std::uint16_t *>(image.data);
		return codes[std::size_t((y & ~1u) + dy) * image.width + (x & ~1u) + dx] >> shift;
	}

	const IProcessedImage &image;
	bool red_x, red_y;
	int shift;
};

static void show(const IProcessedImage &image, unsigned columns)
{
	const Mosaic mosaic(image);
	const unsigned rows = columns * image.height / image.width / 2 * 2;
	for (unsigned row = 0; row < rows; row += 2) {
		for (unsigned column = 0; column < columns; column++) {
			const auto x = std::uint32_t(std::uint64_t(column) * image.width / columns);
			const auto top = std::uint32_t(std::uint64_t(row) * image.height / rows);
			const auto bottom = std::uint32_t(std::uint64_t(row + 1) * image.height / rows);
			std::cout << "\033[38;2;" << mosaic.colours(x, top) << "\033[48;2;" << mosaic.colours(x, bottom)
				  << "\u2580";
		}
		std::cout << "\033[0m\n";
	}
}

int main(int count, char **words)
{
	if (count < 2) {
		std::cerr << "usage: display_image NODE [IMAGES [COLUMNS]]\n";
		return 2;
	}
	const int images = count > 2 ? std::atoi(words[2]) : 1, columns = count > 3 ? std::atoi(words[3]) : 78;
	ICamera *camera = sv::GetCamera(words[1]);
	if (columns < 1 || !camera || !camera->StartStream()) {
		std::cerr << words[1] << ": no stream\n";
		return 1;
	}
	IProcessedImage raw = sv::AllocateProcessedImage(camera->GetImageInfo());
	int shown = 0;
	for (; shown < images; shown++) {
		const IImage image = camera->GetImage();
		if (!sv::ProcessImage(image, raw, SV_ALGORITHM_AUTODETECT))
			break;
		show(raw, unsigned(columns));
		camera->ReturnImage(image);
	}
	sv::DeallocateProcessedImage(raw);
	camera->StopStream();
	return shown == images ? 0 : 1;
}
