"""The libusb stand-in against libusb's own header, and under a program that uses all of it.

The header is the judge of the interface: signatures must compile against it, and structures must lie as it
has them. valgrind is the judge of memory: no error, and nothing lost, whether the device stays or goes.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from camtwin.links import native
from peers.netns import HERE, PeerError
from peers.usb import CAMTWIN, UsbTwin

NATIVE = Path(native.__file__).parent
ABI = NATIVE / "libusb" / "libusb_abi.h"
VALGRIND = ("valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=all")
EXPECTED = """arrived 1
devices 1
interfaces 3, info 20 bytes of type 24, burst 15
model acA4112-20um
claims LIBUSB_SUCCESS LIBUSB_ERROR_BUSY LIBUSB_ERROR_NOT_FOUND
patience LIBUSB_ERROR_TIMEOUT
nonsense LIBUSB_ERROR_PIPE
timed out 1
cancelled 3
too late LIBUSB_ERROR_NOT_FOUND
stalled 1 LIBUSB_SUCCESS
reset LIBUSB_SUCCESS
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
    cc("-DCAMTWIN_CHECK_ABI", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *sources)
    cc("-Wall", "-Wextra", "-Werror", "-fsyntax-only", *sources)


def test_structures_lie_as_in_the_real_header(tmp_path):
    structs = re.findall(r"^struct (libusb_\w+) \{(.*?)\};?", ABI.read_text(), re.M | re.S)
    assert len(structs) >= 8
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
    cc("-Wall", "-Wextra", "-g", "-o", tmp / "probe", HERE / "usb_probe.c", "-l:libusb-1.0.so.0")
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


def test_it_exports_nothing_but_libusb():
    """Whatever else had a name of its own could take the place of a program's function."""
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", native.build(native.LIBUSB) / native.LIBUSB.file],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [line.split()[-1] for line in listed.stdout.splitlines()]
    assert len(names) > 60
    assert [name for name in names if not name.startswith("libusb_")] == []
