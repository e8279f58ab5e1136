"""One kit for what people read: drawings and plots, pages for a browser, lines for a terminal."""
