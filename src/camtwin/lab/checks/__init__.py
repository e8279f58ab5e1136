"""The checks, a file a chapter of the sheet. Each is registered for the rows of the ledger that it answers."""
