"""A device with a host, and one whose host is in control."""

from __future__ import annotations

import pytest

from unit.wire.gev.fakes import CCP, CONTROL, Host


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def controller(host: Host) -> Host:
    assert host.write(CCP, CONTROL) == 0
    return host
