"""Virtual time: told, never asked."""

from camtwin.simtime.scheduler import Entry, Scheduler

__all__ = ["Entry", "Scheduler"]
