"""The libusb stand-in against libusb's own header, and under a program that uses all of it.

The header is the judge of the interface: signatures must compile against it, and structures must lie as it
has them. valgrind is the judge of memory: no error, and nothing lost, whether the device stays or goes.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import libusb_package
import pytest

from camtwin.links import native
from peers.netns import HERE, PeerError
from peers.usb import CAMTWIN, UsbTwin

NATIVE = Path(native.__file__).parent
ABI = NATIVE / "libusb" / "libusb_abi.h"
VALGRIND = (
    "env",
    "-u",
    "LD_AUDIT",
    "valgrind",
    "-q",
    "--error-exitcode=9",
    "--leak-check=full",
    "--errors-for-leak-kinds=all",
)
EXPECTED = """arrived 1
devices 1
interfaces 3, info 20 bytes of type 24, burst 15
model acA4112-20um
capabilities 2 in 22 bytes: 00000002 000c 2 LIBUSB_ERROR_INVALID_PARAM
packets 1024 1024 -5
functions 1, the first of 3 interfaces
product acA4112-20um of 13 bytes, acA4 of 13
streams LIBUSB_ERROR_NOT_SUPPORTED LIBUSB_ERROR_NOT_SUPPORTED no memory
claims LIBUSB_SUCCESS / LIBUSB_TRANSFER_COMPLETED LIBUSB_ERROR_BUSY LIBUSB_ERROR_NOT_FOUND
patience LIBUSB_ERROR_TIMEOUT
nonsense LIBUSB_ERROR_PIPE
next 1 1, quiet 0
timed out 1
by polling 4, quiet 0
cancelled 3
too late LIBUSB_ERROR_NOT_FOUND
stalled 1 LIBUSB_SUCCESS / LIBUSB_TRANSFER_COMPLETED
reset LIBUSB_SUCCESS / LIBUSB_TRANSFER_COMPLETED
kill
left 1, no device 1
afterwards LIBUSB_ERROR_NO_DEVICE
again 2
devices 1
interfaces 3, info 20 bytes of type 24, burst 15
model acA4112-20um
end
"""


def cc(*args: str | Path) -> None:
    done = subprocess.run(["cc", *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_it_compiles_against_the_real_header():
    sources = sorted(NATIVE.glob("*/*.c"))
    for more in (["-DCAMTWIN_CHECK_ABI"], []):
        cc(*more, '-DCAMTWIN_VERSION="0"', "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *sources)


def test_structures_lie_as_in_the_real_header(tmp_path):
    judged = ABI.read_text().partition("/* What came after")[0]
    structs = re.findall(r"^struct (libusb_\w+) \{(.*?)\};?", judged, re.M | re.S)
    assert len(structs) >= 13
    lines = []
    for name, body in structs:
        lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
        for declaration in body.split(";"):
            words = declaration.replace("[]", "").split(",")
            for field in (re.split(r"[\s*]+", each.strip())[-1] for each in words if each.strip()):
                lines.append(f'printf("{name}.{field} %zu\\n", offsetof(struct {name}, {field}));')
    source = tmp_path / "layout.c"
    source.write_text(
        '#include "libusb_abi.h"\n#include <stdio.h>\nint main(void) {\n' + "\n".join(lines) + "}\n"
    )
    said = []
    for option in ("-DCAMTWIN_CHECK_ABI", "-DOWN"):
        cc(option, f"-I{ABI.parent}", "-o", tmp_path / "layout", source)
        said.append(subprocess.run([tmp_path / "layout"], capture_output=True, text=True, check=True).stdout)
    assert said[0] == said[1]
    assert len(said[0].splitlines()) > 60


def probed(tmp: Path, *under: str) -> str:
    """Return the probe's output, while its twin is killed and comes back."""
    cc("-Wall", "-Wextra", "-g", "-o", tmp / "probe", HERE / "usb_probe.c", ours())
    twins = [UsbTwin()]
    twins[0].__enter__()
    port = twins[0].port
    said = ""
    try:
        command = [*map(str, CAMTWIN), "exec", f"--port={port}", "--", *under, str(tmp / "probe")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert running.stdout
            assert running.stderr
            for line in running.stdout:
                said += line
                if line == "kill\n":
                    twins[0].kill()
                if line.startswith("left "):
                    twins.append(UsbTwin(port=port))
                    twins[-1].__enter__()
            complaints = running.stderr.read()
        if running.returncode:
            raise PeerError(f"exit {running.returncode}\n{said}\n{complaints}")
    finally:
        twins[-1].__exit__()
    return said


def test_a_program_that_uses_all_of_it(tmp_path):
    assert probed(tmp_path) == EXPECTED


def test_nothing_leaks(tmp_path):
    assert probed(tmp_path, *VALGRIND) == EXPECTED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("free(transfer->buffer);", ";"),
        ("land(flight, LIBUSB_TRANSFER_CANCELLED, 0);", "land(flight, LIBUSB_TRANSFER_COMPLETED, 0);"),
        ("notify(c, device, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT);", ";"),
    ],
)
def test_turns_red(old, new, tmp_path, monkeypatch):
    """A stand-in with one thing wrong, in a cache of its own."""
    texts = {name: text.decode() for name, text in native.sources(native.LIBUSB).items()}
    assert any(old in text for text in texts.values())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    broken = {name: text.replace(old, new).encode() for name, text in texts.items()}
    there = native.build(native.LIBUSB)
    native._compile(native.LIBUSB, broken, native.LIBUSB.options, there)
    with pytest.raises(AssertionError):
        assert probed(tmp_path, *VALGRIND) == EXPECTED


def exported(library: Path) -> set[str]:
    """Return the functions of libusb's interface that a library has."""
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    )
    return {line.split()[-1].partition("@")[0] for line in listed.stdout.splitlines()} - {"_init", "_fini"}


def ours() -> Path:
    return native.build(native.LIBUSB) / native.LIBUSB.file


def debians() -> Path:
    """Return the libusb that programs of this computer are linked with."""
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    (path,) = set(re.findall(r"libusb-1\.0\.so\.0 \(.*x86-64.*\) => (\S+)", listed))
    return Path(path)


def wheels() -> Path:
    """Return the libusb 1.0.30 of a wheel."""
    path = libusb_package.get_library_path()
    assert path
    return Path(path)


def test_it_exports_what_libusb_does_and_nothing_else():
    """Whatever else had a name of its own could take the place of a program's function."""
    debian, wheel = (
        {name for name in exported(library) if name.startswith("libusb_")}
        for library in (debians(), wheels())
    )
    assert (len(debian), len(wheel), debian - wheel) == (90, 104, set())
    assert exported(ours()) == wheel


EXTENSION = bytes((7, 16, 2)) + (0xF41E).to_bytes(4, "little")
SUPER_SPEED = bytes((10, 16, 3, 2)) + bytes.fromhex("0e00 01 0a ff07")
CONTAINER = bytes((20, 16, 4, 0, *range(16)))
PLATFORM = bytes((23, 16, 5, 0, *range(100, 119)))
STRUCTURES = {
    "usb_2_0_extension": (EXTENSION, 12),
    "ss_usb_device_capability": (SUPER_SPEED, 10),
    "container_id": (CONTAINER, 20),
    "platform": (PLATFORM, 23),
}


def unpacked(library: ctypes.CDLL, kind: str, capability: bytes) -> tuple[int, bytes]:
    """Return a capability as a library unpacks it: the error, and the structure's bytes."""
    made = ctypes.POINTER(ctypes.c_uint8)()
    buffer = (ctypes.c_uint8 * len(capability))(*capability)
    error = library[f"libusb_get_{kind}_descriptor"](None, buffer, ctypes.byref(made))
    if error:
        return error, b""
    read = bytearray(made[: STRUCTURES[kind][1]])
    if kind == "usb_2_0_extension":
        read[3] = 0  # padding
    library[f"libusb_free_{kind}_descriptor"](made)
    return 0, bytes(read)


@pytest.mark.parametrize("kind", STRUCTURES)
def test_capabilities_are_unpacked_as_libusb_does(kind):
    """Of each type, of another type, and too short; beside libusb 1.0.30."""
    real, own = (ctypes.CDLL(str(where())) for where in (wheels, ours))
    for given in (EXTENSION, SUPER_SPEED, CONTAINER, PLATFORM, bytes((3, 16, STRUCTURES[kind][0][2]))):
        assert unpacked(own, kind, given) == unpacked(real, kind, given), given.hex()
    assert unpacked(own, kind, STRUCTURES[kind][0])[0] == 0


def test_options_and_errors_are_as_libusb_has_them():
    real, own = (ctypes.CDLL(str(where())) for where in (wheels, ours))
    for library in (real, own):
        library.libusb_error_name.restype = ctypes.c_char_p
    for code in range(-100, 10):
        assert own.libusb_error_name(code) == real.libusb_error_name(code)
    for option, value in ((0, 0), (0, 4), (0, 5), (0, -1), (1, 0), (2, 0), (4, 0), (99, 0)):
        said = [library.libusb_set_option(None, option, ctypes.c_int(value)) for library in (real, own)]
        assert said[1] == said[0], (option, value)
    said = [library.libusb_get_device_string(None, 0, None, 0) for library in (real, own)]
    assert said == [-2, -2]
