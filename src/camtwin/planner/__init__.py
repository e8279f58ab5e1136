"""The planner: calculations that an integrator needs before buying."""
