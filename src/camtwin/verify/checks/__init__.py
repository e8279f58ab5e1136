"""The checks, a file a chapter of the sheet. Each is registered for rows of the ledger."""
