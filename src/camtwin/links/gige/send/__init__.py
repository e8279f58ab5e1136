"""What sends the packets of a stream, in time and as fast as a client takes them."""
