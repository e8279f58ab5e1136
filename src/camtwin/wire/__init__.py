"""Bytes <-> messages, sans-IO: GigE Vision's control protocol (gvcp, gev) and stream protocol (gvsp)."""
