"""`python -m camtwin` is `camtwin`."""

from camtwin.cli import main

main()
