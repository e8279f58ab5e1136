"""What happens inside the camera, who hears it, and the wires it goes out by."""
