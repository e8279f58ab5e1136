# Stock programs on the nodes NUMBER of a module, files in FOLDER: v4l2_tools.sh NUMBER FOLDER
n=$1 folder=$2
try() {
	echo "== $1"
	shift
	"$@" 2>&1
	echo "exit $?"
}
ctl() { v4l2-ctl -d "/dev/video$n" "$@"; }
try video v4l2-compliance -d "/dev/video$n"
try subdevice v4l2-compliance -u "/dev/v4l-subdev$n"
try media v4l2-compliance -m "/dev/media$n"
try topology media-ctl -d "/dev/media$n" -p
try restored ctl -c operation_mode=0,test_pattern=0,group_hold=0,i2c_broadcast_controls=0
try set ctl -c gain=4000,exposure=2000
try get ctl -C gain,exposure,analogue_gain,exposure_time_absolute
for mode in 4056,height=3040,pixelformat=RG10 4056,height=3040,pixelformat=RG12 3840,height=2160,pixelformat=RG10 \
	1920,height=1080,pixelformat=RG10 1280,height=720,pixelformat=RG10; do
	try "stream $mode" ctl --set-fmt-video="width=$mode" --verbose --stream-mmap --stream-count=3 --stream-to="$folder/raw"
	wc -c <"$folder/raw"
done
try devices ls -l "/dev/video$n" "/dev/v4l-subdev$n" "/dev/media$n" "/sys/class/video4linux/video$n/name"
