"""Features that one maker alone has, a file a maker: `after` says behind which of SFNC's each stands.

What two makers have under two names stays with its chapter, and `name` in a sheet's row has the other name.
"""
