"""pyusb, a USB library that is none of ours, and programs that bring a libusb of their own.

They reach the camera through `camtwin exec`. Each check is run on a sabotaged twin, or without the auditor,
too, and fails there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import libusb_package
import pytest

from camtwin.links import native
from peers.netns import HERE, PeerError, sabotaged
from peers.session import Session
from peers.usb import MODEL, UsbTwin

CAMERAS = {
    MODEL: ("2676:ba02", ["Basler", "acA4112-20um"]),
    "ids-imx412": ("1409:", ["IDS Imaging Development Systems GmbH", "IMX412 USB3"]),
}


def looked(twin: UsbTwin, *args: str) -> list[dict[str, Any]]:
    # -P: tests/peers has a module usb of its own
    return json.loads(twin.run(sys.executable, "-P", HERE / "pyusb_camera.py", *args))


def check_pyusb(twin: UsbTwin, model: str, *args: str) -> None:
    cameras = looked(twin, *args)
    assert len(cameras) == 1
    camera = cameras[0]
    device_id, texts = CAMERAS[model]
    assert camera["id"].startswith(device_id)
    assert camera["texts"][:2] == texts
    assert camera["texts"][2] in twin.said[0], "its serial number is the one that camtwin prints"
    assert (camera["speed"], camera["port"], camera["stream"]) == (4, [1], [0x83, 1024])
    assert camera["drivers"] == [False] * 3
    assert camera["described"] is True
    assert camera["model"] == texts[1]


@pytest.mark.parametrize("model", CAMERAS)
def test_pyusb(model):
    with UsbTwin(model=model) as twin:
        check_pyusb(twin, model)


def test_pyusb_says_that_it_is_busy():
    with UsbTwin("--set", "Height=304") as twin, Session(twin, address="usb") as owner:
        owner("stream")
        (camera,) = looked(twin)
        assert camera["texts"][1] == "acA4112-20um"
        assert camera["model"] == {"code": -6}  # LIBUSB_ERROR_BUSY
        assert owner("frame") == "success"


@pytest.mark.parametrize("sabotage", ["usb-strings-swapped", "usb-ack-prefix", "usb-claims-refused"])
def test_pyusb_turns_red(sabotage):
    with UsbTwin(command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        check_pyusb(twin, MODEL)


# -- a libusb of the program's own ------------------------------------------------------------------
LOADER = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <sys/types.h>
int main(int count, char **names)
{
	void *usb = dlopen(count > 1 ? names[1] : "libhelper.so", RTLD_NOW | RTLD_LOCAL);
	if (!usb) {
		printf("%s\n", dlerror());
		return 1;
	}
	if (count == 1) { /* a helper, which is found by our RUNPATH alone, and loads its libusb */
		int (*devices)(void) = (int (*)(void))dlsym(usb, "devices");
		printf("%d\n", devices());
		return 0;
	}
	int (*init)(void *) = (int (*)(void *))dlsym(usb, "libusb_init");
	ssize_t (*list)(void *, void *) = (ssize_t (*)(void *, void *))dlsym(usb, "libusb_get_device_list");
	void *devices;
	printf("%d\n", init(NULL) ? -1 : (int)list(NULL, &devices));
	return 0;
}
"""
HELPER = r"""
#include <sys/types.h>
int libusb_init(void *context);
ssize_t libusb_get_device_list(void *context, void *list);
int devices(void) { void *list; return libusb_init(0) ? -1 : (int)libusb_get_device_list(0, &list); }
"""


def compiled(tmp: Path, name: str, text: str, *options: str | Path) -> Path:
    (tmp / f"{name}.c").write_text(text)
    made = ["cc", "-Wall", "-Werror", "-o", str(tmp / name), str(tmp / f"{name}.c"), *map(str, options)]
    done = subprocess.run(made, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tmp / name


def own_libusb(tmp: Path, name: str) -> Path:
    """Bundle a real libusb with a program, under this name."""
    path = tmp / "vendor" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(Path(str(libusb_package.get_library_path())).read_bytes())
    return path


def by_absolute_path(tmp: Path, twin: UsbTwin) -> str:
    loader = compiled(tmp, "loader", LOADER)
    names = ("libusb-1.0.so", "libusb-1.0.so.0", "libusb-1-3f2a9c1d.0.so.0.4.0")
    found = [twin.run(loader, own_libusb(tmp, name)) for name in names]
    return "".join(found)


def by_rpath(tmp: Path, twin: UsbTwin) -> str:
    """Load a helper whose RPATH has its libusb: that comes before LD_LIBRARY_PATH."""
    own = own_libusb(tmp, "libusb-1.0.so.0")
    paths = (f"-Wl,--disable-new-dtags,-rpath,{own.parent}", own, "-Wl,-soname,libhelper.so")
    compiled(tmp, "libhelper.so", HELPER, "-shared", "-fPIC", *paths)
    loader = compiled(tmp, "loader", LOADER)
    return twin.run("env", f"LD_LIBRARY_PATH={tmp}", loader)


def by_runpath(tmp: Path, twin: UsbTwin) -> str:
    """Load a helper that the loader's RUNPATH has, and that has its libusb's absolute path."""
    own = own_libusb(tmp, "libusb-1.0.so.0")
    (tmp / "lib").mkdir()
    helper = compiled(tmp, "libhelper.so", HELPER, "-shared", "-fPIC", own)
    helper.rename(tmp / "lib" / helper.name)
    return twin.run(compiled(tmp, "loader", LOADER, "-Wl,--enable-new-dtags,-rpath,$ORIGIN/lib"))


def by_pyusb(_tmp: Path, twin: UsbTwin) -> str:
    check_pyusb(twin, MODEL, str(libusb_package.get_library_path()))
    return "1\n"


WAYS: dict[str, Callable[[Path, UsbTwin], str]] = {
    "absolute path": by_absolute_path,
    "rpath": by_rpath,
    "runpath": by_runpath,
    "pyusb": by_pyusb,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_libusb_of_its_own_is_replaced(way, tmp_path):
    with UsbTwin() as twin:
        assert set(WAYS[way](tmp_path, twin).split()) == {"1"}


@pytest.mark.parametrize("way", ["absolute path", "rpath", "pyusb"])
def test_it_turns_red_without_the_auditor(way, tmp_path, monkeypatch):
    """An auditor that changes no name, in a cache of its own."""
    texts = native.sources(native.AUDIT)
    blind = {name: text.replace(b'"libusb-1"', b'"libnone-"') for name, text in texts.items()}
    assert blind != texts
    with UsbTwin() as twin:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        native._compile(native.AUDIT, blind, native.AUDIT.options, native.build(native.AUDIT))
        with pytest.raises((AssertionError, PeerError)):
            assert set(WAYS[way](tmp_path, twin).split()) == {"1"}
