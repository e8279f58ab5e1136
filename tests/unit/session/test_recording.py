"""Recordings that a twin plays: times, ids, bytes and chunks are those of the files."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import camtwin
from camtwin.camera import Exposure, Transfer
from camtwin.files import save
from camtwin.links.base.frames import image_of
from camtwin.twins.played import RecordingInvalid
from unit.test_cli import camtwin as cli

MODEL = "baumer-vcxg-124m"
SHEET = f'like = "{MODEL}"\nframes = "frames.toml"\n'
TIMES_ns = (1_000_000_000, 1_010_000_000, 1_050_000_000)


def folder_of(at: Path, frames: str) -> str:
    (at / "recording.toml").write_text(SHEET)
    (at / "frames.toml").write_text(frames)
    return str(at)


def pictures(at: Path, count: int = 3, bits: int = 8, shape: tuple[int, int] = (48, 64)) -> list[Any]:
    codes = [np.full(shape, 10 * n + 1, np.uint16) for n in range(count)]
    for n, image in enumerate(codes):
        save(at / f"{n}.png", image, bits, {})
    return codes


def listed(times: tuple[int, ...] = TIMES_ns, words: str = "") -> str:
    entries = (f'[[frames]]\nfile = "{n}.png"\ntimestamp_ns = {t}\n' for n, t in enumerate(times))
    return f"format = 1\n{words}\n" + "".join(entries)


def sent(cam: camtwin.Session) -> list[Transfer]:
    found: list[Transfer] = []
    cam.twin.camera.transmitter.on_transfer.subscribe(found.append)
    return found


def test_pictures_come_with_their_times(tmp_path: Path) -> None:
    codes = pictures(tmp_path)
    with camtwin.open(folder_of(tmp_path, listed())) as cam:
        transfers = sent(cam)
        frames = cam.grab(3)
        assert (cam.Width, cam.Height, cam.PixelFormat) == (64, 48, "Mono8")
        assert [frame.timestamp_ns for frame in frames] == [*TIMES_ns]
        assert [np.array_equal(f.picture, c) for f, c in zip(frames, codes, strict=True)] == [True] * 3
        assert [t.start_ns - transfers[0].start_ns for t in transfers] == [0, 10_000_000, 50_000_000]
        assert [t.number for t in transfers] == [0, 1, 2]
        again = cam.grab(1)[0]
        assert (again.timestamp_ns, again.picture[0, 0]) == (TIMES_ns[0], 1)


def test_single_frames_follow_one_another(tmp_path: Path) -> None:
    pictures(tmp_path)
    with camtwin.open(folder_of(tmp_path, listed())) as cam:
        cam.AcquisitionMode = "SingleFrame"
        assert [cam.grab()[0].timestamp_ns for _ in range(4)] == [*TIMES_ns, TIMES_ns[0]]


def test_settings_of_a_recording_stay(tmp_path: Path) -> None:
    pictures(tmp_path)
    with camtwin.open(folder_of(tmp_path, listed())) as cam:
        cam.Width = 64
        with pytest.raises(camtwin.Refused, match="Width 32 px is below the minimum 64 px"):
            cam.Width = 32
        with pytest.raises(camtwin.Refused, match="PixelFormat"):
            cam.PixelFormat = "Mono12"
        cam.ExposureTime = 500
        cam.twin.camera.power_cycle()
        assert (cam.Width, cam.grab()[0].timestamp_ns) == (64, TIMES_ns[0])


def recorded(at: Path, ids: tuple[int, ...], **settings: Any) -> list[tuple[bytes, dict[str, Any]]]:
    """Record frames of a twin with chunks as files; return their bytes, and their chunks."""
    kept: list[tuple[bytes, dict[str, Any]]] = []
    lines = ["format = 1", "chunks = true"]
    lines.append('settings = { Width = 64, Height = 48, PixelFormat = "Mono12" }')
    with camtwin.open(MODEL, seed=5) as cam:
        for name, value in {"Width": 64, "Height": 48, "PixelFormat": "Mono12", **settings}.items():
            setattr(cam, name, value)
        cam.ChunkModeActive = True
        for name in ("FrameID", "ExposureTime", "Timestamp"):
            cam.ChunkSelector = name
            cam.ChunkEnable = True
        for number, frame in zip(ids, cam.grab(len(ids)), strict=True):
            file = at / f"{number}.bin"
            file.write_bytes(frame.payload)
            kept.append((frame.payload, frame.chunks or {}))
            entry = f'file = "{number}.bin"\ntimestamp_ns = {frame.timestamp_ns}\nid = {number}'
            lines.append(f"[[frames]]\n{entry}")
    (at / "frames.toml").write_text("\n".join(lines))
    return kept


def test_bytes_chunks_and_gaps_are_those_that_were_recorded(tmp_path: Path) -> None:
    ids = (1, 2, 5, 6)
    kept = recorded(tmp_path, ids)
    (tmp_path / "recording.toml").write_text(SHEET)
    with camtwin.open(str(tmp_path)) as cam:
        transfers = sent(cam)
        frames = cam.grab(4)
        assert [f.payload for f in frames] == [payload for payload, _ in kept]
        assert [f.chunks for f in frames] == [chunks for _, chunks in kept]
        assert [t.number + 1 for t in transfers] == [*ids]
        assert cam.PayloadSize == len(kept[0][0])
        exposure: Exposure = transfers[0].exposure
        assert cam.twin.render(exposure).tobytes() == kept[0][0]
        assert image_of(exposure).payload_type == 0x4001
        with pytest.raises(camtwin.Refused, match="read-only"):
            cam.ChunkModeActive = False


def test_chunks_that_camtwin_does_not_know_are_kept(tmp_path: Path) -> None:
    kept = recorded(tmp_path, (1,))
    wet = "features.ChunkWet = { holds = 'Integer', chunk = [0x7777, 4], length = 4, source = 'its XML' }\n"
    (tmp_path / "recording.toml").write_text(SHEET + wet)
    file, data = tmp_path / "1.bin", bytes(7) + b"\x2a"
    file.write_bytes(file.read_bytes() + data + (0x7777).to_bytes(4, "big") + (8).to_bytes(4, "big"))
    with camtwin.open(str(tmp_path)) as cam:
        frame = cam.grab()[0]
        assert frame.payload == file.read_bytes()
        assert frame.chunks == {**kept[0][1], "0x7777": data}
        assert cam.PayloadSize == len(frame.payload)
        assert "<ChunkID>00007777</ChunkID>" in cam.xml


def test_the_image_is_the_first_chunk_whatever_its_id(tmp_path: Path) -> None:
    """No description tells the id of the image's chunk, and a camera has its own."""
    (payload, chunks), *_ = recorded(tmp_path, (1,))
    (tmp_path / "recording.toml").write_text(SHEET)
    at = 64 * 48 * 2
    assert payload[at : at + 4] == (1).to_bytes(4, "big")
    (tmp_path / "1.bin").write_bytes(payload[:at] + b"\0\0\x0b\xad" + payload[at + 4 :])
    with camtwin.open(str(tmp_path)) as cam:
        transfers = sent(cam)
        assert (cam.grab()[0].chunks or {})["Image"] == chunks["Image"]
        assert image_of(transfers[0].exposure).payload_type == 0x4001


def test_a_chunk_in_another_layout_is_as_the_camera_sent_it(tmp_path: Path) -> None:
    """camtwin sends the gain in 8 bytes; a camera that sends 4 keeps them."""
    (payload, _), *_ = recorded(tmp_path, (1,))
    words = 'holds = "Float", name = "ChunkGain", chunk = [8, 0], length = 4, source = "its XML"'
    row = f"features.HeldGain = {{ {words} }}\n"
    (tmp_path / "recording.toml").write_text(SHEET + 'without = ["features.ChunkGain"]\n' + row)
    file = tmp_path / "1.bin"
    file.write_bytes(payload + struct.pack(">fII", 3.5, 8, 4))
    with camtwin.open(str(tmp_path)) as cam:
        frame = cam.grab()[0]
        assert frame.payload == file.read_bytes()
        assert (frame.chunks or {})["0x8"] == struct.pack(">f", 3.5)
        cam.ChunkSelector = "Gain"
        assert (cam.ChunkEnable, cam.PayloadSize) == (True, len(frame.payload))


def test_a_camera_without_chunks_plays_none(tmp_path: Path) -> None:
    recorded(tmp_path, (1,))
    without = "without = ['features.Chunk*']\n"
    (tmp_path / "recording.toml").write_text(SHEET + without)
    with pytest.raises(RecordingInvalid, match="its camera has no chunks: there is no ChunkEnable"):
        camtwin.open(str(tmp_path))


def test_events_come_at_their_times(tmp_path: Path) -> None:
    pictures(tmp_path)
    event = f'[[events]]\nname = "ExposureEnd"\ntimestamp_ns = {TIMES_ns[0] + 4_000_000}\nid = 1\n'
    with camtwin.open(folder_of(tmp_path, listed() + event)) as cam:
        cam.EventSelector = "ExposureEnd"
        cam.EventNotification = "On"
        begin = cam.now
        cam.grab(3)
        told = [(e.name, e.timestamp_ns, e.frame_number) for e in cam.events]
        assert told == [("ExposureEnd", TIMES_ns[0] + 4_000_000, 0)]
        assert cam.now - begin >= 50_000_000


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ("format = 2", "frames.toml: format 2: this camtwin plays up to 1"),
        ("format = 1", "frames.toml: frames: is missing"),
        ("format = [", "frames.toml: "),
        (listed().replace("1.png", "../1.png"), "'../1.png' is no file in the recording's folder"),
        (listed().replace("1.png", "9.png"), "9.png: No such file or directory"),
        (listed().replace("[[frames]]", "[[frames]]\nsize = 3", 1), "frames.0.size 3: is no word of this"),
        (listed((-1,)), "frames.0.timestamp_ns -1: must be greater than or equal to 0"),
        (listed(words="settings = { Width = 32 }"), "0.png: has 64 x 48 pixels, and the recording 32 x 48"),
        (listed(words="settings = { Widht = 32 }"), "its camera has no feature Widht"),
        (listed(words='settings = { PixelFormat = "RGB8" }'), "PixelFormat 'RGB8': unknown"),
        (listed(words="settings = { Width = 999999 }"), "999999"),
        (listed() + '[[events]]\nname = "Fire"\ntimestamp_ns = 1', "its camera has no event Fire"),
    ],
)
def test_what_cannot_be_played_is_told_in_one_line(tmp_path: Path, frames: str, said: str) -> None:
    pictures(tmp_path)
    with pytest.raises(camtwin.Problem) as told, camtwin.open(folder_of(tmp_path, frames)) as cam:
        cam.grab(3)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_a_recording_is_not_journalled_again(tmp_path: Path) -> None:
    pictures(tmp_path)
    done = cli("run", folder_of(tmp_path, listed()), "--journal", str(tmp_path / "j.jsonl"), ok=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"{tmp_path} is a recording already\n")


def test_a_frame_of_another_size_is_named(tmp_path: Path) -> None:
    recorded(tmp_path, (1, 2))
    (tmp_path / "recording.toml").write_text(SHEET)
    whole = (tmp_path / "2.bin").read_bytes()
    (tmp_path / "2.bin").write_bytes(whole[:-1])
    with pytest.raises(RecordingInvalid, match=rf"2.bin: has {len(whole) - 1} bytes, and the frames before"):
        camtwin.open(str(tmp_path))
    (tmp_path / "1.bin").write_bytes(whole[8:])
    with pytest.raises(RecordingInvalid, match=r"1.bin: chunk 0x1 of 6144 bytes is longer"):
        camtwin.open(str(tmp_path))
