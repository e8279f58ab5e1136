# Stock programs that need 8 bits a pixel, on the nodes NUMBER of a module, files in FOLDER:
#     v4l2_converted.sh NUMBER FOLDER PYTHON
n=$1 folder=$2
here=$(dirname "$0")
v4l2-ctl -d "/dev/video$n" -c test_pattern=2
gst-launch-1.0 -q v4l2src "device=/dev/video$n" num-buffers=1 ! video/x-bayer,format=rggb,width=1280,height=720 ! fdsink |
	gst-launch-1.0 -q fdsrc ! rawvideoparse width=1280 height=720 format=gray8 ! pngenc ! filesink location="$folder/gst.png"
ffmpeg -hide_banner -loglevel error -y -f v4l2 -input_format bayer_rggb8 -video_size 1280x720 -i "/dev/video$n" \
	-frames:v 1 "$folder/ffmpeg.png"
v4l2-ctl -d "/dev/video$n" -c test_pattern=0
"$3" "$here/v4l2_opencv.py" "$n"
