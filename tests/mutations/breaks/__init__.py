"""Declare what can be wrong with a twin, a chapter a file."""
