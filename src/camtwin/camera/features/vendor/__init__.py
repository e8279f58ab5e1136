"""Features that one maker alone has, one file for each maker; `after` names the feature that each follows.

A feature that two makers have under two names stays in its chapter; `name` in a sheet's row has the other name.
"""
