# Stock programs on the bus of a running sensor, under `camtwin exec`: "== NAME" begins the output of each.
bus=$1
python=$2
say() {
	echo "== $1"
	shift
	"$@" 2>&1
	echo "exit $?"
}
say id i2ctransfer -y "$bus" w2@0x1a 0x00 0x16 r2
say nobody i2ctransfer -y "$bus" w2@0x36 0x00 0x16 r2
say written i2ctransfer -y "$bus" w4@0x1a 0x03 0x40 0x0d 0xda
say kept i2ctransfer -y "$bus" w2@0x1a 0x03 0x40 r2
say index i2cset -y "$bus" 0x1a 0x00 0x16 # both halves of a 16-bit address
say high i2cget -y "$bus" 0x1a
say low i2cget -y "$bus" 0x1a
say set i2cset -y "$bus" 0x1a 0x02 0x02 0x06 0x48 i
say set_index i2cset -y "$bus" 0x1a 0x02 0x02
say word i2cget -y "$bus" 0x1a 0x02 w # the upper half of an index alone changes nothing
say detect i2cdetect -y "$bus"
say functions i2cdetect -F "$bus"
say list i2cdetect -l
say files ls -l /dev/i2c-"$bus" /sys/class/i2c-dev/i2c-"$bus"/name
say smbus2 "$python" -P "$(dirname "$0")/i2c_smbus2.py" "$bus"
