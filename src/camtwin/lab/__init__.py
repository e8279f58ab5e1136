"""The laboratory: measures a camera from its images, by the standards' procedures, and knows no data sheet."""
