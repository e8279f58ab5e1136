"""A scenario: a bench, what happens on it when, and what became of each frame; in virtual or wall time."""
