"""The walks that design and ADR promise, traced: shown with `pytest -s`."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

import camtwin
from camtwin.camera import Camera
from camtwin.camera.frames.exposure import Exposure
from camtwin.scene import Chart, Flat, Pan, Scene, spectra
from camtwin.sensor import fast, processing
from camtwin.sensor.flaws import Flaws
from camtwin.twins import Twin
from camtwin.twins.render import World
from camtwin.units import MS
from camtwin.wire.gev import bootstrap, gvcp
from walks import Walk, floors, room, traced

# -- a frame, from exposure to packed bytes ------------------------------------------------------------

FILES_BEFORE, FILES_BEFORE_AGAIN = 18, 15
"""Files that a frame entered while one class rendered it: with new Settings, and with those of the frame
before."""
MONO, COLOUR = "baumer-vcxg-124m", "ids-imx412"
D65_CHART = Chart(wavelength_nm=spectra.d65())
PLAIN: dict[str, tuple[str, Scene, dict[str, object]]] = {
    "global shutter, flat light": (MONO, Flat(), {"PixelFormat": "Mono12p"}),
    "global shutter, chart": (MONO, Chart(), {"PixelFormat": "Mono12p"}),
    "rolling shutter, colour": (COLOUR, D65_CHART, {}),
}
OTHER: dict[str, tuple[str, Scene, dict[str, object]]] = {
    "moving": (COLOUR, Pan(D65_CHART), {}),
    "chunks": (MONO, Flat(), {"ChunkModeActive": True}),
    "test pattern": (MONO, Flat(), {"TestPattern": "GreyDiagonalRamp"}),
    "binned, looked up, mirrored": (
        MONO,
        Flat(),
        {"BinningVertical": 2, "LUTEnable": True, "ReverseX": True},
    ),
}


def frame(model: str, scene: Scene, settings: dict[str, object]) -> tuple[Twin, Exposure]:
    """Return a twin that has rendered a frame of the whole sensor, and the exposure of a smaller one."""
    cam = camtwin.open(model, scene=scene, seed=3)
    exposures: list[Exposure] = []
    cam.twin.camera.on_exposure.subscribe(exposures.append)
    cam.twin.prepare()
    cam.grab(1)
    cam.Width, cam.Height = 480, 64
    for name, value in settings.items():
        setattr(cam, name, value)
    cam.AcquisitionStart()
    cam.advance(100 * MS)
    return cam.twin, exposures[-1]


@pytest.mark.parametrize("name", PLAIN)
def test_a_frame_goes_down_the_rooms_and_enters_two_thirds_of_the_files(name):
    twin, exposure = frame(*PLAIN[name])
    first, again = (traced(lambda: twin.render(exposure)) for _ in range(2))
    for which, walk in (("the first", first), ("the next", again)):
        print(f"\n{name}, {which} frame with its Settings: {walk}")
        assert not walk.climbs
        assert not walk.returns, [str(call) for call in walk.returns]
        assert {room(file) for file in walk.files} == {"twins", "scene", "sensor", "pixels"}
    assert len(first.files) * 3 <= FILES_BEFORE * 2
    assert len(again.files) * 3 <= FILES_BEFORE_AGAIN * 2
    assert set(again.files) < set(first.files)


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("flaws", [Flaws(), Flaws(hot={(5, 6): 1e5}, dead=frozenset({(7, 8)}))])
def test_no_frame_calls_up(name, flaws):
    twin, exposure = frame(*OTHER[name])
    exposure = replace(exposure, world=World(OTHER[name][1], flaws))
    walk = traced(lambda: twin.render(exposure))
    print(f"\n{name}: {walk}")
    assert walk.files
    assert not walk.climbs, [str(call) for call in walk.climbs]


def sabotaged_kernel(twin: Twin, exposure: Exposure, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Use a kernel that calls the renderer while it works."""
    kernels = fast._kernels()

    class Asking:
        frame_keys, row_normals = staticmethod(kernels.frame_keys), staticmethod(kernels.row_normals)
        make_pattern = staticmethod(kernels.make_pattern)

        @staticmethod
        def expose_rows(*arguments):
            twin.renderer._demands(exposure)
            kernels.expose_rows(*arguments)

    monkeypatch.setattr(fast, "_kernels", lambda: Asking)
    return traced(lambda: twin.render(exposure))


def test_a_kernel_that_calls_back_into_twins_is_seen(monkeypatch):
    walk = sabotaged_kernel(*frame(*PLAIN["global shutter, flat light"]), monkeypatch)
    (call,) = walk.climbs
    assert str(call) == "sensor/fast.py -> twins/render/renderer.py: Renderer._demands"
    assert walk.returns == [call]


def test_a_room_that_is_entered_again_from_above_is_seen(monkeypatch):
    """No call goes up, and yet the walk does: the camera is asked once more when the codes are there."""
    twin, exposure = frame(*PLAIN["global shutter, flat light"])
    true = processing.payload

    def payload(*arguments):
        data = true(*arguments)
        assert exposure.has_image
        return data

    monkeypatch.setattr(processing, "payload", payload)
    walk = traced(lambda: twin.render(exposure))
    assert not walk.climbs
    assert [str(c) for c in walk.returns] == [
        "twins/render/renderer.py -> camera/frames/exposure.py: Exposure.has_image"
    ]


# -- the house -----------------------------------------------------------------------------------------


def test_floors_are_those_of_the_contract():
    order = ["links", "twins", "camera", "models", "sensor", "pixels", "units"]
    assert [floors()[name] for name in order] == sorted((floors()[name] for name in order), reverse=True)
    assert floors()["scene"] == floors()["sensor"]


# -- a register write becomes an exposure time -----------------------------------------------------------

MAX_WRITE_FILES = 9
"""Files between a datagram and new Settings in force; 17 while links, binder, user sets and sequencer were
walked through, too."""


class _InForce(Exception):
    """The new Settings are in force: the walk ends here."""


def written(monkeypatch: pytest.MonkeyPatch, exposure_us: float) -> tuple[Walk, float]:
    """Trace a WRITEREG of ExposureTime, up to new Settings; return the walk and their exposure time."""
    with camtwin.open(MONO, render=False) as cam:
        camera, host = cam.twin.camera, cam.host()
        cam.advance(100 * MS)
        assert host.write(bootstrap.CCP, bootstrap.CONTROL) == 0
        address = camera.tree.find("ExposureTime").address
        command = struct.pack(">BBHHHId", 0x42, 1, gvcp.Command.WRITEMEM, 12, 7, address, exposure_us)

        def in_force(*_: object) -> None:
            raise _InForce

        monkeypatch.setattr(Camera, "_notify", in_force)

        def write() -> None:
            with pytest.raises(_InForce):
                host.send(command)

        walk = traced(write)
        return walk, camera.settings.ExposureTime_ns / 1000


def test_a_register_write_enters_nine_files_before_new_settings_are_in_force(monkeypatch):
    walk, exposure_us = written(monkeypatch, 1234.0)
    print(f"\na WRITEREG of ExposureTime: {walk}")
    assert exposure_us == 1234.0
    assert len(walk.files) <= MAX_WRITE_FILES
    assert {room(file) for file in walk.files} == {"links", "wire", "camera", "genicam", "subscribers"}


def test_a_write_that_takes_a_way_round_is_seen(monkeypatch):
    """User sets are asked although nothing that they keep has changed."""
    apply = Camera.apply

    def careful(self: Camera, new, /, *, by):
        self.keeper.watch(self.settings, new)
        apply(self, new, by=by)

    monkeypatch.setattr(Camera, "apply", careful)
    walk, _ = written(monkeypatch, 1234.0)
    assert "camera/memory/user_sets.py" in walk.files
    assert len(walk.files) > MAX_WRITE_FILES
