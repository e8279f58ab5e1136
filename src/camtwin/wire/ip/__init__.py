"""Internet addresses: how a device finds its own, and the frames that it finds it with."""
