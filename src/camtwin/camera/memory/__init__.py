"""Non-volatile memory of the camera."""
