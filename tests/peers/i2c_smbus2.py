"""Talk to a sensor through smbus2, in all the ways it has; prints JSON. Run under `camtwin exec`."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys

import smbus2

I2C_SLAVE = 0x0703
SENSOR, NOBODY = 0x1A, 0x36


def refused(call, *args) -> str:
    try:
        call(*args)
    except OSError as problem:
        return errno.errorcode[problem.errno or 0]
    return "done"


number = int(sys.argv[1])
told: dict[str, object] = {}
with smbus2.SMBus(number) as bus:
    write, read = smbus2.i2c_msg.write(SENSOR, [0x00, 0x16]), smbus2.i2c_msg.read(SENSOR, 2)
    bus.i2c_rdwr(write, read)
    told["i2c_rdwr"] = [read.buf[n][0] for n in range(read.len)]
    bus.write_i2c_block_data(SENSOR, 0x02, [0x02, 0x01, 0x23])
    bus.write_byte_data(SENSOR, 0x02, 0x02)
    told["block"] = [bus.read_byte(SENSOR), bus.read_byte(SENSOR)]
    bus.write_word_data(SENSOR, 0x02, 0x5502)
    bus.write_byte_data(SENSOR, 0x02, 0x02)
    told["word"] = bus.read_byte(SENSOR)
    bus.write_byte_data(SENSOR, 0x00, 0x16)
    told["blocks"] = bus.read_i2c_block_data(SENSOR, 0x00, 2)
    told["nobody"] = refused(bus.read_byte, NOBODY)
    told["no_block"] = refused(bus.read_block_data, SENSOR, 0x00)
    bus.write_quick(SENSOR)

file = os.open(f"/dev/i2c-{number}", os.O_RDWR)
fcntl.ioctl(file, I2C_SLAVE, SENSOR)
second = os.dup(file)
os.close(file)
os.write(second, b"\0\x16")
told["read"] = list(os.read(second, 2))
told["device"] = [oct(os.fstat(second).st_mode), os.major(os.fstat(second).st_rdev)]
told["too_high"] = refused(fcntl.ioctl, second, I2C_SLAVE, 0x80)
os.close(second)
told["listed"] = f"i2c-{number}" in os.listdir("/dev")
told["absent"] = refused(os.open, "/dev/i2c-98", os.O_RDWR)
print(json.dumps(told))
