"""Twins in one time on sockets: what is broadcast reaches them at the same nanosecond, whoever leaves."""

from __future__ import annotations

import asyncio
import socket
import struct
from functools import partial

from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gige.link import GigeLink
from camtwin.simtime import Scheduler
from camtwin.wire.gev.bootstrap import CCP, CONTROL
from camtwin.wire.gev.gvcp import write_reg
from unit.links.gige.test_link import StubTwin, free_port

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
BROADCAST = "127.255.255.255"
KEYS = {"ActionDeviceKey": 7, "ActionGroupKey": 3, "ActionGroupMask": 1}
SETTINGS = ("TriggerMode=On", "TriggerSource=Action1", *(f"{name}={key}" for name, key in KEYS.items()))
ACTIONS = 20


class Host:
    """It takes control of all, and acts on all at once."""

    def __init__(self, port: int) -> None:
        self.port, self.request = port, 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)

    async def ask(self, command: bytes, to: str, answers: int) -> set[str]:
        """Return the devices that acknowledge."""
        loop = asyncio.get_running_loop()
        self.sock.sendto(command, (to, self.port))
        heard = [await asyncio.wait_for(loop.sock_recvfrom(self.sock, 1024), 5) for _ in range(answers)]
        assert all(struct.unpack_from(">H", data)[0] == 0 for data, _ in heard)
        return {peer[0] for _, peer in heard}

    async def act(self, answers: int) -> set[str]:
        self.request += 1
        action = struct.pack(">BBHHHIII", 0x42, 1, 0x100, 12, self.request, *KEYS.values())
        return await self.ask(action, BROADCAST, answers)


def note(times: list[int], t_ns: int, what: str, _: int | None) -> None:
    if what == "ExposureStart":
        times.append(t_ns)


async def exposed() -> list[list[int]]:
    """Return the exposures of three twins by ACTIONS; then by one more, without the first of them."""
    clock, port = Scheduler(), free_port(BROADCAST)
    runtime, twins = WallRuntime(clock), [StubTwin(f"70000000000{n}", clock) for n in range(3)]
    starts: list[list[int]] = [[] for _ in twins]
    links = [GigeLink(twin, runtime, bind, port) for twin, bind in zip(twins, ADDRESSES, strict=True)]
    host = Host(port)
    for twin, times in zip(twins, starts, strict=True):
        for text in SETTINGS:
            twin.camera.tree.assign(twin.camera, text)
        twin.camera.on_moment.subscribe(partial(note, times))
        twin.camera.start()
    for link in links:
        await link.__aenter__()
    running = asyncio.create_task(runtime.run())
    for address in ADDRESSES:
        assert await host.ask(write_reg(CCP, CONTROL), address, 1) == {address}
    for _ in range(ACTIONS):
        assert await host.act(3) == set(ADDRESSES)
        await asyncio.sleep(0.12)
    links[0].close()
    assert await host.act(2) == set(ADDRESSES[1:])
    await asyncio.sleep(0.02)
    running.cancel()
    for link in links[1:]:
        link.close()
    host.sock.close()
    assert runtime.together[links[0].interface.index, port] == []
    return starts


def test_an_action_exposes_all_at_the_same_nanosecond():
    one, two, three = asyncio.run(exposed())
    assert len(one) == ACTIONS
    assert two == three
    assert two[:ACTIONS] == one
    assert len(two) == ACTIONS + 1
