"""Signals inside the camera, their receivers, and the lines that carry them out."""
