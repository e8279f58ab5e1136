"""The power that a sensor takes with its registers, beside that of its full 10-bit drive mode.

    share = idle + converters * samples a second + link * bits a second of its lanes while they are awake

The flyer gives no figure: that these three add up, and how much each of them is, is assumed. What it claims
follows: columns outside of the window are not converted, and lanes that sleep take nothing.
"""

from __future__ import annotations

from fractions import Fraction

from camtwin.models import RegisterSheet
from camtwin.units import SEC


def power_share(
    sheet: RegisterSheet, *, samples: int, link_bps: Fraction, frame_ns: Fraction, asleep_ns: Fraction
) -> float:
    """Return the share.

    Args:
        sheet: of the sensor.
        samples: conversions of a frame.
        link_bps: bits a second of all lanes together.
        frame_ns: from one frame to the next; 0 if none come.
        asleep_ns: of these, how long the lanes sleep.
    """
    shares = sheet.power_shares
    if not frame_ns:
        return shares.idle
    rate = Fraction(samples * SEC) / frame_ns / shares.full_samples_per_s
    lanes = link_bps / shares.full_link_bps * (1 - asleep_ns / frame_ns)
    return shares.idle + shares.converters * float(rate) + shares.link * float(lanes)
