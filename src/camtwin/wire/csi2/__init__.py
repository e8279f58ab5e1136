"""MIPI CSI-2 as bytes: packets, embedded data, lanes, streams in time, dumps of them and their check."""
