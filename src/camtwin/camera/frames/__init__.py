"""Frames: when they begin, how long they gather light, are read and travel."""
