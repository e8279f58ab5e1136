"""The order persistent, DHCP, link-local: what follows what, and that nothing brings it down."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from camtwin.links.gige.dhcp_server import DhcpServer
from camtwin.units import SEC
from camtwin.wire.ip import dhcp, linklocal
from camtwin.wire.ip.address import dotted, is_host, number
from camtwin.wire.ip.configuration import IpConfiguration, Step, StoredConfiguration
from camtwin.wire.ip.dhcp import Kind
from camtwin.wire.ip.linklocal import Arp
from unit.wire.gev.fakes import MAC

OTHER_MAC = MAC[::-1]
NET = 0xFFFF_FF00
PLAIN = StoredConfiguration(use_persistent=False, use_dhcp=True)
FIXED = StoredConfiguration(True, True, number("192.168.7.9"), NET, number("192.168.7.1"))


@dataclass
class World:
    """A camera's configuration on a network with a server, or without; time goes on by `run`."""

    server: DhcpServer | None = None
    kept: StoredConfiguration = PLAIN
    now: int = 0
    datagrams: int = 0
    probes: list[int] = field(default_factory=list[int])
    taken: set[int] = field(default_factory=set[int])

    def __post_init__(self) -> None:
        self.ip = IpConfiguration(MAC, lambda: self.kept)
        self.ip.power_up(0)
        self.carry()

    def carry(self) -> None:
        while said := self.ip.datagrams():
            self.datagrams += len(said)
            for _, data in said:
                if answer := self.server and self.server.answer(data):
                    self.ip.receive_dhcp(answer, self.now)
        for frame in self.ip.frames():
            arp = linklocal.parse(frame)
            assert arp
            self.probes.append(arp.target)
            if arp.target in self.taken:
                self.ip.receive_arp(Arp(linklocal.REPLY, OTHER_MAC, arp.target, 0, MAC).pack(), self.now)
                self.carry()

    def run(self, seconds: float) -> None:
        end = self.now + int(seconds * SEC)
        while (due := self.ip.next_timer()) is not None and due <= end:
            self.now = max(due, self.now)
            self.ip.tick(self.now)
            self.carry()
        self.now = end

    @property
    def at(self) -> tuple[str, Step] | None:
        here = self.ip.address
        return (dotted(here.address), here.how) if here else None


def is_link_local(world: World) -> bool:
    return bool(world.at and world.at[0].startswith("169.254.") and world.at[1] is Step.LLA)


# -- the order ---------------------------------------------------------------------------------------
def test_a_persistent_address_goes_before_all_and_asks_nobody() -> None:
    world = World(DhcpServer("10.0.0.50"), FIXED)
    assert world.at == ("192.168.7.9", Step.PERSISTENT)
    assert world.ip.address
    assert world.ip.address.gateway == number("192.168.7.1")
    world.run(100)
    assert (world.datagrams, world.probes) == (0, [])


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1", "192.168.7.0", "192.168.7.255"])
def test_a_persistent_address_that_is_no_devices_is_passed_over(address: str) -> None:
    world = World(DhcpServer("10.0.0.50"), StoredConfiguration(True, True, number(address), NET))
    assert world.at == ("10.0.0.50", Step.DHCP)


def test_a_server_goes_before_a_link_local_address() -> None:
    world = World(DhcpServer("10.0.0.50"))
    assert world.at == ("10.0.0.50", Step.DHCP)
    world.run(1e6)
    assert (world.at, world.probes) == (("10.0.0.50", Step.DHCP), [])


def test_without_a_server_it_is_link_local_within_20_s() -> None:
    world = World()
    world.run(11.9)
    assert (world.at, world.datagrams) == (None, 3)
    world.run(8)
    assert is_link_local(world)


def test_on_a_link_local_address_a_server_is_looked_for_once_in_a_while() -> None:
    """Every ten minutes three tries, 12 s; meanwhile its address is what it was."""
    world = World()
    world.run(30)
    at = world.at
    for _ in range(100):
        before = world.datagrams
        world.run(600 + 12 + 8)
        assert world.at == at
        assert 3 <= world.datagrams - before <= 6
    world.server = DhcpServer("10.0.0.50")
    world.run(620)
    assert world.at == ("10.0.0.50", Step.DHCP)


def test_without_dhcp_it_is_link_local_within_8_s_and_asks_no_server() -> None:
    world = World(DhcpServer("10.0.0.50"), StoredConfiguration(False, False))
    world.run(8)
    assert is_link_local(world)
    assert world.datagrams == 0


# -- leases ------------------------------------------------------------------------------------------
def test_a_lease_is_renewed_in_time_for_ever() -> None:
    world = World(DhcpServer("10.0.0.50", seconds=120))
    for _ in range(100):
        world.run(59)
        assert world.at == ("10.0.0.50", Step.DHCP)
    assert 95 <= world.datagrams <= 102


def test_at_renewal_it_may_get_another_address() -> None:
    world = World(DhcpServer("10.0.0.50", seconds=120))
    world.server = DhcpServer("10.0.0.77", seconds=120)
    world.run(59)
    assert world.at == ("10.0.0.50", Step.DHCP)
    world.run(2)
    assert world.at == ("10.0.0.77", Step.DHCP)


def test_a_lease_that_ends_is_let_go_at_once_and_a_link_local_address_follows() -> None:
    world = World(DhcpServer("10.0.0.50", seconds=120))
    world.server = None
    world.run(119)
    assert world.at == ("10.0.0.50", Step.DHCP)
    world.run(2)
    assert world.at is None
    world.run(20)
    assert is_link_local(world)


def test_a_server_that_never_grants_is_not_chased() -> None:
    class Fickle(DhcpServer):
        def answer(self, data: bytes) -> bytes | None:
            asked = dhcp.parse(data)
            self.lease = "10.0.0.50" if asked and asked.kind is Kind.DISCOVER else "10.0.0.51"
            return super().answer(data)

    world = World(Fickle("10.0.0.50"))
    world.run(25)
    assert is_link_local(world)
    assert world.datagrams < 8


@pytest.mark.parametrize(
    ("lease", "netmask", "seconds"),
    [("10.0.0.50", "255.0.255.0", 120), ("10.0.0.255", "255.255.255.0", 120), ("10.0.0.50", "255.0.0.0", 1)],
)
def test_what_no_device_can_live_with_is_no_offer(lease: str, netmask: str, seconds: int) -> None:
    world = World(DhcpServer(lease, netmask, seconds=seconds))
    world.run(20)
    assert is_link_local(world)


def test_after_the_cable_was_out_it_asks_for_the_same_lease_and_keeps_it_meanwhile() -> None:
    world = World(DhcpServer("10.0.0.50", seconds=1000))
    server, world.server = world.server, None
    world.ip.link_up(world.now)
    ((to, data),) = world.ip.datagrams()
    asked = dhcp.parse(data)
    assert asked
    assert (to, asked.kind, asked.word(dhcp.REQUESTED)) == (0xFFFF_FFFF, Kind.REQUEST, number("10.0.0.50"))
    world.run(30)
    assert world.at == ("10.0.0.50", Step.DHCP)  # nobody answered; it is still its own
    world.server = server
    world.run(1e5)
    assert world.at == ("10.0.0.50", Step.DHCP)


def test_in_another_network_it_gets_another_lease() -> None:
    world = World(DhcpServer("10.0.0.50", seconds=1000))
    world.server = DhcpServer("192.168.1.5", "255.255.255.0", seconds=1000)
    world.ip.link_up(world.now)
    world.carry()
    assert world.at == ("192.168.1.5", Step.DHCP)


# -- link-local --------------------------------------------------------------------------------------
def test_who_has_the_candidate_keeps_it() -> None:
    first = World()
    first.run(20)
    assert first.ip.address
    second = World(taken={first.ip.address.address})
    second.run(30)
    assert is_link_local(second)
    assert second.at != first.at


def test_after_ten_conflicts_it_tries_once_a_minute() -> None:
    world = World(taken=set(range(linklocal.NET, linklocal.NET + 0x1_0000)))
    world.run(12 + 20)
    early = len(world.probes)
    world.run(600)
    assert 11 <= early <= 14
    assert 9 <= len(world.probes) - early <= 11
    assert world.at is None


def test_a_neighbour_that_speaks_as_it_takes_its_address() -> None:
    world = World()
    world.run(30)
    assert world.ip.address
    lost = world.ip.address.address
    world.ip.receive_arp(Arp(linklocal.REQUEST, OTHER_MAC, lost, lost).pack(), world.now)
    assert world.at is None
    world.run(8)
    assert is_link_local(world)
    assert world.ip.address.address != lost


# -- FORCEIP -----------------------------------------------------------------------------------------
def test_a_forced_address_stays_until_the_order_begins_again() -> None:
    world = World(DhcpServer("10.0.0.50", seconds=120))
    world.ip.force(number("10.0.0.99"), NET, 0)
    assert world.at == ("10.0.0.99", Step.FORCED)
    world.ip.link_up(world.now)
    world.run(1000)
    assert (world.at, world.datagrams) == (("10.0.0.99", Step.FORCED), 2)
    world.ip.restart(world.now)
    assert world.at == ("10.0.0.99", Step.FORCED)  # until there is another
    world.carry()
    assert world.at == ("10.0.0.50", Step.DHCP)


# -- robustness --------------------------------------------------------------------------------------
HEAD = dhcp.Message(Kind.OFFER, 1, MAC).pack()[:240]
ANYTHING = st.one_of(st.binary(max_size=700), st.binary(max_size=80).map(lambda options: HEAD + options))


@given(st.lists(ANYTHING, max_size=8))
def test_random_bytes_never_raise(datagrams: list[bytes]) -> None:
    world = World()
    for data in datagrams:
        world.ip.receive_dhcp(data, world.now)
        world.ip.receive_arp(data, world.now)
        dhcp.parse(data)


@given(
    st.builds(
        dhcp.Message,
        st.sampled_from(Kind),
        st.integers(0, 2**32 - 1),
        st.binary(min_size=6, max_size=6),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.dictionaries(
            st.integers(1, 254).filter(lambda n: n != dhcp.KIND), st.binary(max_size=30), max_size=5
        ),
    )
)
def test_what_is_packed_is_parsed(message: dhcp.Message) -> None:
    assert dhcp.parse(message.pack()) == message


SERVERS = st.one_of(
    st.none(),
    st.builds(
        DhcpServer,
        st.sampled_from(["10.0.0.50", "10.0.0.51", "192.168.1.4"]),
        seconds=st.sampled_from([None, 9, 10, 120, 10_000]),
    ),
)


class Days(RuleBasedStateMachine):
    """Whatever happens: an address is a device's, nothing floods, and in silence one is found."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.allowed = 3

    @rule(server=SERVERS)
    def serve(self, server: DhcpServer | None) -> None:
        self.world.server = server

    @rule(
        kept=st.sampled_from(
            [PLAIN, FIXED, StoredConfiguration(False, False), StoredConfiguration(True, False)]
        )
    )
    def keep(self, kept: StoredConfiguration) -> None:
        self.world.kept = kept

    @rule(seconds=st.floats(0, 300))
    def wait(self, seconds: float) -> None:
        self.allowed += 4 + int(seconds)
        self.world.run(seconds)

    @rule(what=st.sampled_from(["power_up", "restart", "link_up"]))
    def begin(self, what: str) -> None:
        self.allowed += 4
        getattr(self.world.ip, what)(self.world.now)
        self.world.carry()

    @rule()
    def force(self) -> None:
        self.world.ip.force(number("10.0.0.99"), NET, 0)
        assert self.world.at == ("10.0.0.99", Step.FORCED)

    @rule(mine=st.booleans())
    def conflict(self, mine: bool) -> None:
        here = self.world.ip.address
        spoken = here.address if here and mine else linklocal.NET + 0x500
        self.world.ip.receive_arp(Arp(linklocal.REQUEST, OTHER_MAC, spoken, spoken).pack(), self.world.now)

    @invariant()
    def an_address_is_a_devices(self) -> None:
        here = self.world.ip.address
        assert here is None or is_host(here.address, here.netmask)
        assert self.world.datagrams <= self.allowed

    def teardown(self) -> None:
        self.world.server = None
        self.world.run(100_000)
        assert self.world.ip.address


TestDays = Days.TestCase
