"""The registers, step by step, against the plainest model of them."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from camtwin.units import SEC
from camtwin.wire.gev import device as gev
from camtwin.wire.gev.gvcp import Status
from unit.wire.gev.fakes import CCP, CONTROL, EXCLUSIVE, ME, OTHER, READREG, SCCFG, SCP, Host, words

GVCP_CONFIGURATION, HEARTBEAT_DISABLE, UNCONDITIONAL_ACTION = 0x954, 1, 8
KEPT = 1 << 18 | 1 << 2 | 1 << 1 | UNCONDITIONAL_ACTION  # status codes of versions 2.0 and 1.1, PENDING_ACK


class RegisterModel(RuleBasedStateMachine):
    """Two hosts, a few registers and time, against the plainest model of them."""

    def __init__(self) -> None:
        super().__init__()
        self.host = Host()
        self.held: dict[int, int] = {}
        self.owner: gev.Peer | None = None
        self.privilege = 0
        self.heard = 0

    def _touch(self, peer: gev.Peer) -> None:
        """Time has passed: who was silent for too long has lost control before this command."""
        if self.owner and self.host.now - self.heard >= 3 * SEC:
            self._free()
        if peer == self.owner:
            self.heard = self.host.now

    def _free(self) -> None:
        self.owner, self.privilege = None, 0
        actions = self.held.get(GVCP_CONFIGURATION, 0) & UNCONDITIONAL_ACTION  # for when nobody is there
        self.held = {GVCP_CONFIGURATION: actions}

    @rule(ns=st.integers(0, 4 * SEC))
    def wait(self, ns: int) -> None:
        self.host.now += ns

    @rule(peer=st.sampled_from([ME, OTHER]), value=st.sampled_from([0, EXCLUSIVE, CONTROL]))
    def privileges(self, peer: gev.Peer, value: int) -> None:
        self._touch(peer)
        status = self.host.write(CCP, value, peer)
        if self.owner not in (None, peer):
            assert status == Status.ACCESS_DENIED
            return
        assert status == 0
        if value:
            self.owner, self.privilege, self.heard = peer, value, self.host.now
        else:
            self._free()

    @rule(
        peer=st.sampled_from([ME, OTHER]),
        register=st.sampled_from([(SCP, 0xFFFF), (GVCP_CONFIGURATION, KEPT), (0x960, 1 << 30), (SCCFG, 0)]),
        value=st.integers(0, 0xFFFF_FFFF),
    )
    def writes(self, peer: gev.Peer, register: tuple[int, int], value: int) -> None:
        self._touch(peer)
        address, mask = register
        value &= ~HEARTBEAT_DISABLE if address == GVCP_CONFIGURATION else 0xFFFF_FFFF
        status = self.host.write(address, value, peer)
        assert status == (0 if peer == self.owner else Status.ACCESS_DENIED)
        if status == 0:
            self.held[address] = value & mask

    @rule(
        peer=st.sampled_from([ME, OTHER]),
        address=st.sampled_from([CCP, SCP, GVCP_CONFIGURATION, 0x960, SCCFG]),
    )
    def reads(self, peer: gev.Peer, address: int) -> None:
        self._touch(peer)
        status, body = self.host.ask(READREG, words(address), peer)
        if self.privilege == EXCLUSIVE and peer != self.owner:
            assert status == Status.ACCESS_DENIED
            return
        expected = self.privilege if address == CCP else self.held.get(address, 0)
        assert (status, int.from_bytes(body, "big")) == (0, expected)

    @precondition(lambda self: self.owner is not None and self.host.now - self.heard < 3 * SEC)
    @invariant()
    def timer(self) -> None:
        assert self.host.device.next_timer() == self.heard + 3 * SEC


TestRegisterModel = RegisterModel.TestCase
TestRegisterModel.settings = settings(max_examples=60, stateful_step_count=30)
