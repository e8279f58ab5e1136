"""The twin in process, the product's face: `camtwin.open` is `session.session.connect`."""
