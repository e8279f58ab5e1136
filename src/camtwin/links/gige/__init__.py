"""A twin on the network by GigE Vision, on sockets (link.py) and in process (host.py)."""
