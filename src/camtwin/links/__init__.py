"""Links between hosts and twins; the only room with sockets, wall clocks and threads."""
