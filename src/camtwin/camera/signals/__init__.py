"""Signals inside the camera, who hears them, and the wires that they go out by."""
