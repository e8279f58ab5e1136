"""The problem of cameras that cannot be used."""

from camtwin.problem import Problem


class CameraProblem(Problem):
    """A camera that cannot be used; one line that names it."""
