"""What the camera tells its host besides images: events and chunks."""
