"""What the camera keeps without power."""
