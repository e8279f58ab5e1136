"""The planner: compute on paper what an integrator needs to know before buying."""
