"""The driver of a sensor module, like one in a kernel: modes and controls become registers of the sensor."""
