"""Parts that all links share: time, frames and their rendering, the camera's registers, storage, records."""
