"""Virtual time, which advances only when told to."""

from camtwin.simtime.scheduler import Entry, Scheduler

__all__ = ["Entry", "Scheduler"]
