"""Sensor modules on adapters: fed by those that carry them, refused with what goes instead."""

import re
from pathlib import Path

import pytest

from camtwin import rig
from camtwin.rig.wiring.diagram import drawn

EXAMPLE = (Path(__file__).parents[4] / "examples/wiring/four-modules.toml").read_text(encoding="utf-8")
ONE = "[[cables]]".join(re.sub(r"(?m)^module[2-4] = .*\n", "", EXAMPLE).split("[[cables]]")[:2])
"""Only the first of its modules is plugged in."""


def verdicts(text: str) -> dict[str, tuple[str, str, str]]:
    """Check a plan: connection -> verdict, word and reason of what is said of modules on adapters."""
    found = rig.check(rig.parse(text)).findings
    return {f.where: (f.verdict, f.word, f"{f.reason} {f.fix}") for f in found if " on " in f.where}


def test_adapters_feed_four_modules_on_one_board():
    plan = rig.parse(EXAMPLE)
    report = rig.check(plan)
    assert report.verdict == "ok"
    assert sum(f.word == "powered" for f in report.findings) == 20
    assert verdicts(EXAMPLE)["module4.board on adapter4"] == (
        "ok",
        "verified",
        "FSM-IMX412 - FSA-FT1/A - FPA-4.A/TXA - NVIDIA Jetson TX2 ",
    )
    shown = {shape.text for shape in drawn(plan, report).shapes}
    assert {"adapter1", "carrier", "module1"} <= shown
    assert not any(text.startswith("adapter1 2V75_A") for text in shown)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["adapter1.processor", "carrier.1"],', "", ("wrong", "no supply", "is on no processor adapter")),
        (
            "FSA-FT1/A",
            "FSA-FT3/A",
            ("wrong", "not supported", "FSM-IMX412 goes with FSA-FT1/A, not with FSA-FT3/A"),
        ),
        ("FPA-4.A/TXA", "FPA-A/NVN", ("wrong", "not supported", "goes with")),
        ('NVIDIA Jetson TX2" }', 'Jetson Nano" }', ("wrong", "not supported", "ask `chain FSM-IMX412")),
        ("framos-fsm-imx412", "baumer-vcxg-124m", ("wrong", "no module", "is no module that adapters carry")),
    ],
)
def test_what_does_not_go_together_feeds_nothing(old, new, said):
    text = ONE.replace(old, new, 1).replace(
        "module1.board", "module1.data" if "baumer" in new else "module1.board"
    )
    (found,) = [one for where, one in verdicts(text).items() if where.startswith("module1.")]
    assert found[:2] == said[:2]
    assert said[2] in found[2]
    words = {f.word for f in rig.check(rig.parse(text)).findings if f.where.startswith("module1.board.5")}
    assert words <= {"no supply"}


def test_more_modules_than_a_board_takes_and_a_port_that_is_not_there():
    text = EXAMPLE.replace("FPA-4.A/TXA", "FPA-A/NVN").replace('NVIDIA Jetson TX2" }', 'Jetson Nano" }')
    found = verdicts(text)
    assert found["module2.board on adapter2"][:2] == ("wrong", "no such port")
    assert "4 are refused" in found["module1.board on adapter1"][2]
    found = verdicts(EXAMPLE.replace("carrier.1", "carrier.2"))
    assert found["module1.board on adapter1"] == (
        "wrong",
        "conflict",
        "carrier.2 has several sensor adapters ",
    )


def test_a_chain_that_nobody_has_verified_is_marginal():
    plan = ONE.replace("FPA-4.A/TXA", "FPA-ABC/XX1").replace('NVIDIA Jetson TX2" }', 'Xilinx" }')
    assert verdicts(plan)["module1.board on adapter1"][:2] == ("marginal", "not verified")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "FSA-FT1/A",
            "FSA-FT2/A",
            "devices.adapter1.sensor adapter.part 'FSA-FT2/A': no sensor adapter 'FSA-FT2/A'",
        ),
        ('NVIDIA Jetson TX2" }', 'Jetson" }', "'Jetson' can be NVIDIA Jetson TX2"),
        ("FPA-4.A/TXA", "FSA-FT1/A", "FSA-FT1/A is a sensor adapter, no processor adapter"),
        ("carrier.1", "carrier.9", "carrier.9: no such pin; carrier has 1, 2, 3, 4"),
    ],
)
def test_a_part_that_is_not_there_is_told(old, new, message):
    with pytest.raises(rig.PlanInvalid) as problem:
        rig.parse(EXAMPLE.replace(old, new, 1))
    assert message in str(problem.value)
