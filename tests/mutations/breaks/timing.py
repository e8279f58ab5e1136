"""Rates of sensor and link, and how a camera runs freely, wrong one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from camtwin.camera.links import GigETiming
from camtwin.twins import Twin
from camtwin.units import MS, SEC
from mutations.registry import mutate
from mutations.tools import ROWS, machine, ready, scaled, sensor, timed, twins

ACQUISITION = [row for row in ROWS if row.startswith("baumer.acq.framerate.")]
INTERFACE = [row for row in ROWS if row.startswith("baumer.iface.framerate.")]
LINK_LIMITED = [f"baumer.iface.framerate.{name}" for name in ("full", "uhd", "4096x2048", "4096x1024", "4096x512", "4096x256", "4096x128")]  # fmt: skip
HOUR = 3600 * SEC
RATES = ("rates",)

# -- the sensor --------------------------------------------------------------------------------------
mutate(
    "rows take 7 % more",
    *ACQUISITION,
    *(row for row in INTERFACE if row not in LINK_LIMITED),
    "baumer.acq.readout_time",
    "baumer.acq.abort_delay",
    "basler.acq.framerate.full",
    about=RATES,
    sheet={"readout.row_clocks": scaled(1.07)},
)
mutate(
    "wide formats are read more slowly",
    "baumer.acq.format_independent",
    about=RATES,
    patch=ready(lambda m, s, t: t + MS * (s.PixelFormat != "Mono8")),
)
mutate(
    "binned rows are read faster",
    "baumer.binning.no_speedup",
    about=RATES,
    patch=sensor(lambda rows, s: rows // s.BinningVertical // s.BinningHorizontal),
)
mutate(
    "narrow pictures are read faster",
    "baumer.roi.true_partial_scan",
    about=RATES,
    patch=sensor(lambda rows, s: rows * s.Width * s.BinningHorizontal // 4096),
)
mutate(
    "long exposures wait for the readout",
    "baumer.readout.overlapped",
    about=RATES,
    patch=ready(lambda m, s, t: max(t, m.readout_end) if s.ExposureTime_ns > 40 * MS else t),
)
mutate(
    "Sequential overlaps",
    "baumer.readout.sequential",
    about=RATES,
    patch=ready(lambda m, s, t: m.readout_end - s.ExposureTime_ns if s.ReadoutMode == "Sequential" else t),
)

# -- the link ----------------------------------------------------------------------------------------
mutate("700 bytes of pause between packets", *LINK_LIMITED, about=RATES, sheet={"gige.gap_bytes": 700})


def always_a_gigabit(twin: Twin) -> None:
    """Ignore the link speed that was requested, in favour of the data sheet's."""
    transmitter, gige = twin.camera.transmitter, twin.sheet.gige
    true = transmitter.timing
    if gige and isinstance(true, GigETiming):
        fast = GigETiming(true.wire.model_copy(update={"bits_per_s": gige.bits_per_s}))

        class Wrong:
            bytes_per_s = true.bytes_per_s
            through, with_block_ids, packets = true.through, true.with_block_ids, true.packets

            def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
                unlimited = settings.DeviceLinkThroughputLimit >= self.bytes_per_s
                limit = fast.bytes_per_s if unlimited else settings.DeviceLinkThroughputLimit
                return fast.transfer_ns(replace(settings, DeviceLinkThroughputLimit=limit), payload_bytes)

        transmitter.timing = Wrong()


mutate(
    "the link is a gigabit whatever it was made",
    "baumer.iface.depends",
    "baumer.rates.footnote2",
    "baumer.net.fast",
    about=RATES,
    patch=twins(always_a_gigabit),
)
mutate(
    "the bus is as fast as two",
    "basler.link.speed_max",
    about=RATES,
    sheet={"usb3.super_bytes_per_s": scaled(2)},
)
mutate("the wire is as fast as two", "baumer.net.gigabit", about=RATES, sheet={"gige.bits_per_s": scaled(2)})
mutate(
    "DeviceLinkThroughputLimit is not kept",
    "baumer.link.throughput_limit",
    about=RATES,
    patch=timed(lambda s: replace(s, DeviceLinkThroughputLimit=10**12)),
)
mutate(
    "the delay between packets is doubled",
    "baumer.net.packet_delay",
    about=RATES,
    patch=timed(lambda s: replace(s, GevSCPD=2 * s.GevSCPD)),
)
mutate(
    "jumbo packets are sent as small ones",
    "baumer.net.jumbo",
    about=RATES,
    patch=timed(lambda s: replace(s, GevSCPSPacketSize=min(s.GevSCPSPacketSize, 1500))),
)

# -- free run ----------------------------------------------------------------------------------------
mutate(
    "a low AcquisitionFrameRate holds though it is off",
    "baumer.acq.rate_enable_off",
    about=RATES,
    patch=ready(lambda m, s, t: max(t, m._taken + SEC // 5 * (s.AcquisitionFrameRate_Hz == 5))),
)
mutate(
    "SingleFrame takes two",
    "baumer.acq.mode.single",
    about=RATES,
    patch=machine(
        "_count_frames",
        lambda m, true: (true(), setattr(m, "_frames_left", m._frames_left + (m._frames_left == 1))),
    ),
)
mutate(
    "MultiFrame takes one less",
    "baumer.acq.mode.multi",
    about=RATES,
    patch=machine(
        "_count_frames",
        lambda m, true: (true(), setattr(m, "_frames_left", m._frames_left - (m._frames_left == 7))),
    ),
)
mutate(
    "Continuous ends after an hour",
    "baumer.acq.mode.continuous",
    about=RATES,
    patch=ready(lambda m, s, t: t if m.host.clock.now < HOUR else t + 1000 * HOUR),
)
