"""What is wrong, a chapter a file."""
