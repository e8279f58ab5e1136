// Takes images of a sensor and tells when each was taken.
//
//   c++ acquire_image.cpp $(camtwin libsv --flags) -o acquire_image
//   camtwin exec -- ./acquire_image [/dev/video10 [IMAGES]]
#include <sv/sv.h>

#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>

int main(int count, char **words)
{
	const int images = count > 2 ? std::atoi(words[2]) : 10;
	ICamera *camera = nullptr;
	if (count > 1)
		camera = sv::GetCamera(words[1]);
	else if (auto all = sv::GetAllCameras(); !all.empty())
		camera = all.front();
	if (!camera) {
		std::cerr << "no camera at " << (count > 1 ? words[1] : "/dev/video*") << "\n";
		return 1;
	}
	std::cout << camera->GetName() << ", driver " << camera->GetDriverName() << "\n";
	for (IControl *control : camera->GetControlList())
		std::cout << std::left << std::setw(30) << control->GetName() << " " << control->Get() << " ("
			  << control->GetMinValue() << " .. " << control->GetMaxValue() << ")\n";
	if (!camera->StartStream()) {
		std::cerr << camera->GetName() << ": no stream\n";
		return 1;
	}
	int got = 0;
	for (; got < images; got++) {
		const IImage image = camera->GetImage();
		if (!image.data)
			break;
		std::cout << "image " << image.id << ": " << image.width << "x" << image.height << " "
			  << std::string(reinterpret_cast<const char *>(&image.pixelFormat), 4) << ", at "
			  << image.timestamp.s << "." << std::right << std::setfill('0') << std::setw(6) << image.timestamp.us
			  << std::setfill(' ') << std::left << " s\n";
		camera->ReturnImage(image);
	}
	camera->StopStream();
	return got == images ? 0 : 1;
}
