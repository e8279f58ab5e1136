"""How hosts reach a twin; the only room with sockets, wall clocks and threads."""
