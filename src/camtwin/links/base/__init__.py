"""Parts that all links share: time, frames and their rendering, storage, records."""
