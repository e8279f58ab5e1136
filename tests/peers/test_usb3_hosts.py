"""Several programs and one USB camera: stock Aravis sees it in use, and sees it leave and arrive at a reset.

Each check runs on the twin, and on a sabotaged one, where the very same function has to fail.
"""

from __future__ import annotations

import pytest

from peers.netns import PeerError, sabotaged
from peers.session import Session
from peers.usb import MODEL, UsbTwin

MODELS = (MODEL, "ids-imx412")
SMALL = ("--set", "Height=304")


def busy(twin: UsbTwin) -> bool:
    try:
        with Session(twin, address="usb"):
            return False
    except PeerError:
        return True


def check_in_use(twin: UsbTwin) -> None:
    """While one program streams another finds the camera, and opens it when the first has gone."""
    free = twin.found()
    with Session(twin, address="usb") as owner:
        owner("stream")
        assert owner("frame") == "success"
        assert twin.found() == free != []
        assert busy(twin)
        assert owner("frame") == "success"
    with Session(twin, address="usb") as other:
        assert other("get", "DeviceModelName")


def check_reset(twin: UsbTwin) -> None:
    """Reset the camera: its host is told that it has lost it, finds it again, and streams."""
    with Session(twin, address="usb") as host:
        assert host("get", "Height") == "304"
        host("execute", "DeviceReset")
        assert host("lost") is True
        assert host("reopen") is None
        assert host("get", "Height") in ("3000", "3040")
        host("stream")
        assert host("frame") == "success"


CHECKS = {"in use": check_in_use, "reset": check_reset}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", CHECKS)
def test_hosts(name, model):
    with UsbTwin(*SMALL, model=model) as twin:
        CHECKS[name](twin)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [("usb-visitors-refused", "in use"), ("usb-boots-unseen", "reset"), ("usb-last-wins", "in use")],
)
def test_turns_red(sabotage, name):
    with UsbTwin(*SMALL, command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        CHECKS[name](twin)
