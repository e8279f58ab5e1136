"""Internet addresses: how a device gets its own, and the packets it uses to get it."""
