"""Memory that the camera keeps without power."""
