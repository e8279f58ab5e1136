"""Twins for programs that use GenTL: the server for camtwin.cti, beside the twins' own links."""
