"""A wiring plan on paper: read, solved as a network of direct currents, judged, and drawn."""
