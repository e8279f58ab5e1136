"""Sessions end: nothing that a host has left behind hinders the next one, on any link."""

import pytest

import camtwin
from camtwin.problem import Refused
from camtwin.units import MS, SEC
from unit.links.attached import MODELS, attached


@pytest.mark.parametrize("model", MODELS)
def test_a_lock_on_parameters_ends_with_its_session(model):
    """GenTL consumers set TLParamsLocked while they stream; one that is killed cannot take it back."""
    cam = camtwin.open(model, render=False)
    host = attached(cam)
    cam.TLParamsLocked = 1
    with pytest.raises(Refused):
        cam.Width = 960
    host.leave()
    assert cam.TLParamsLocked == 0
    cam.Width = 960


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", ["power", "DeviceReset"])
def test_a_boot_ends_the_session(model, how):
    cam = camtwin.open(model, render=False)
    host = attached(cam)
    host.stream()
    cam.AcquisitionStart()
    assert host.streams()
    if how == "power" or not cam.has("DeviceReset"):
        cam.world.power_cycle()
    else:
        cam.DeviceReset()
    assert not host.streams()
    before = host.received()
    host = attached(cam)
    host.stream()
    cam.AcquisitionStart()
    cam.advance(500 * MS)
    assert host.received() > before


@pytest.mark.parametrize("model", MODELS)
def test_what_a_host_has_set_stays(model):
    cam = camtwin.open(model, render=False)
    host = attached(cam)
    cam.ExposureTime, cam.Width = 5000, 960
    host.leave()
    assert (cam.ExposureTime, cam.Width) == (5000, 960)


def test_a_file_that_its_host_left_open_is_closed_and_not_kept():
    cam = camtwin.open("ids-imx412", render=False)
    host = attached(cam)
    name = cam.entries("FileSelector")[0]
    cam.FileSelector, cam.FileOpenMode, cam.FileOperationSelector = name, "Write", "Open"
    for _ in range(2):  # the second time it would be open already
        cam.FileOperationSelector = "Open"
        cam.FileOperationExecute()
        assert cam.FileOperationStatus == "Success"
        host.leave()
        host = attached(cam)


class SlowTiming:
    """A link that takes a dozen seconds for a frame."""

    bytes_per_s = 1_000_000

    def transfer_ns(self, *_):
        return 12 * SEC

    def with_block_ids(self, **_):
        return self


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("end", ["stop", "leave", "abort", "cable"])
def test_a_stream_begins_at_once_however_the_one_before_ended(model, end):
    """A frame travels for seconds on a slow link; nothing of it keeps the next stream waiting."""
    cam = camtwin.open(model, render=False)
    host, timing = attached(cam), cam.twin.camera.transmitter.timing
    host.stream()
    cam.twin.camera.transmitter.timing = SlowTiming()
    cam.AcquisitionStart()
    cam.advance(2 * SEC)
    if end == "leave":
        host.leave()
    elif end == "cable":
        cam.world.unplug()
        cam.advance(4 * SEC)  # a heartbeat runs out
        cam.world.plug()
        cam.advance(20 * SEC)  # it has an address again
        if model != "baumer-vcxg-124m":
            host.leave()  # a USB device that is unplugged is gone
    else:
        (cam.AcquisitionAbort if end == "abort" and cam.has("AcquisitionAbort") else cam.AcquisitionStop)()
        host.stop()
    cam.twin.camera.transmitter.timing = timing
    if end in ("leave", "cable"):
        host = attached(cam)
    before = host.received()
    host.stream()
    cam.AcquisitionStart()
    cam.advance(500 * MS)
    assert host.received() > before
