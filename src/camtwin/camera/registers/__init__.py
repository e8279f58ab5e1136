"""A bare sensor as its control bus sees it: registers, power-up, memory, and what its registers add up to."""
