"""Run the command line as `python -m camtwin`."""

from camtwin.cli import main

main()
