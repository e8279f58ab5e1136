"""The control bus of bare sensors, for programs that use /dev/i2c-N: transfers in the camera's time."""
