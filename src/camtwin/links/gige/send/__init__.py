"""The sender of a stream's packets, in time and as fast as a client takes them."""
