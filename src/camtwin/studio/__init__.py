"""The studio: a web page that shows a camera, its time and its limits. `serve` in serve.py begins it."""
