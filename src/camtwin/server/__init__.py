"""An HTTP server that creates twins for programs in any language: `camtwin serve --http`."""
