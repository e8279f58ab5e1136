"""The laboratory: measures cameras from their images, by the standards, and knows no data sheet."""
