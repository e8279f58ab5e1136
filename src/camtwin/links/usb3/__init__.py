"""A twin on USB by USB3 Vision: behind USB/IP (link.py) and in process (host.py)."""
