"""Reports to the host besides images: events and chunks."""
