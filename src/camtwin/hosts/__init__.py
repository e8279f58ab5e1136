"""Real cameras, and what a laboratory knows of a sensor, for the pipeline of `camtwin.isp`."""
