"""GigE Vision: control (GVCP), stream (GVSP), messages, and the device side that they make up."""
