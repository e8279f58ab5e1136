"""The stream channel of a twin: turns its frames into blocks, and into the sender's jobs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Transfer
from camtwin.links.base.frames import MAX_UNFINISHED, PayloadStream, StreamedTwin, image_of
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gige.send.job import Job
from camtwin.links.gige.send.sender import Sender
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.ports import Target


class GvspStream(PayloadStream):
    """The stream channel of one twin.

    target  returns the stream's destination, None while the channel is closed
    """

    def __init__(
        self, twin: StreamedTwin, runtime: WallRuntime, sender: Sender, target: Callable[[], Target | None]
    ) -> None:
        super().__init__(twin, runtime)
        self.sender = sender
        self._target = target

    # -- the stream channel ------------------------------------------------------------------------
    def close(self) -> None:
        self.sender.cut()
        self.sender.forget()
        self._forget()

    # -- FrameStream -----------------------------------------------------------------------------
    def wanted(self) -> bool:
        return self._target() is not None

    def deliver(self, transfer: Transfer, payload: Future[NDArray[np.uint8]]) -> None:
        exposure, target = transfer.exposure, self._target()
        assert target is not None, "the stream is open"
        s = exposure.settings
        self.sender.send(
            Job(
                image=image_of(exposure),
                block_id=gvsp.block_id(transfer.number, target.block_id_64),
                payload_bytes=exposure.payload_bytes,
                payload=payload,
                target=target,
                packet_bytes=s.GevSCPSPacketSize,
                do_not_fragment=s.GevSCPSDoNotFragment,
                start_ns=self.runtime.host_ns(transfer.start_ns),
                end_ns=self.runtime.host_ns(transfer.end_ns),
                camera_ns=(transfer.start_ns, transfer.end_ns),
                packet_delay_ns=s.GevSCPD,
            )
        )

    def cut(self) -> None:
        self.sender.cut()

    # -- for a free runtime ------------------------------------------------------------------------------
    def room(self) -> bool:
        return self.sender.unfinished < MAX_UNFINISHED
