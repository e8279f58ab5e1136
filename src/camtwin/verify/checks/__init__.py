"""Checks that are still registered for rows of the ledger by name, a file a chapter of the sheet."""
