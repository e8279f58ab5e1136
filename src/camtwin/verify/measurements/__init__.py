"""The measurements, a file for each kind of thing that is measured.

They know no camera and no row: what they compare with is the claim's value, and what else they need they are
given as arguments in the `measure` column of the ledger. Lights, signals, wires and hosts that they use stand
in modules beside this folder.
"""
