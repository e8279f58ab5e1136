"""Reports for people: drawings and plots, pages for a browser, lines for a terminal."""
