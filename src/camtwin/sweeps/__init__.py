"""Sweeps: many settings, scenes and cameras, many frames, on this computer or a cluster of Dask.

`api` is the face, `camtwin.sweep`. A file (`plan`) becomes cells (`cells`), each of which is a pure function
of what it says; `work` takes a cell's images, `store` keeps them, `run` hands cells to processes, and
`collect` makes arrays and tables of what was kept.
"""
