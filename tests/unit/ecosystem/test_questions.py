"""Questions about an ecosystem: answers, refusals with what goes instead, names that are almost right."""

import pytest

from camtwin import ecosystem
from camtwin.ecosystem import QUESTIONS, NoAnswer, ask
from camtwin.report.canvas import encode


def test_boards_that_take_four():
    answer = ask("boards FSM-IMX412 4")
    assert answer.column("board") == ["NVIDIA Jetson TX2", "NVIDIA Jetson AGX Xavier"]
    assert answer.column("printed") == ["", "4"]
    assert "assumed" in str(answer.column("basis")[0])
    assert not ask("boards FSM-IMX412 5").holds
    assert ask("boards FSM-IMX412 5").notes == (
        "no board takes 5 FSM-IMX412: at most 4 on NVIDIA Jetson TX2; ask `boards FSM-IMX412 4`",
    )


def test_a_chain_and_one_that_is_not_verified():
    (row,) = ask("chain FSM-IMX412 TX2").records()
    assert (row["sensor adapter"], row["processor adapter"], row["lanes"], row["verdict"]) == (
        "FSA-FT1/A",
        "FPA-4.A/TXA",
        4,
        "verified",
    )
    answer = ask("FSM-IMX412 Xilinx")
    assert answer.column("verdict") == ["not verified"]
    assert answer.notes == ("Not verified, Xilinx Development Board with hard MIPI CSI-2 / D-PHY interface.",)


@pytest.mark.parametrize(
    ("question", "notes"),
    [
        (
            "chain IMX412 FT3/A",
            ["FSM-IMX412 goes with FSA-FT1/A, not with FSA-FT3/A", "ask `chain FSM-IMX412 FSA-FT1/A"],
        ),
        ("chain IMX334 NVN", ["requiring 4-lanes", "ask `chain FSM-IMX334 FSA-FT3/A FPA-4.A/TXA"]),
        ("chain IMX412 AGX 5", ["takes 4 FSM-IMX412, 5 are refused", "ask `boards FSM-IMX412 4`"]),
        ("chain IMX412 IMX477", ["are both modules"]),
        ("buy IMX334 Nano", ["requiring 4-lanes"]),
        ("lanes IMX412 1920x1080 300", ["no mode reaches 300 frames/s on 4 lanes"]),
    ],
)
def test_a_no_says_why_and_what_goes_instead(question, notes):
    answer = ask(question)
    assert not answer.holds
    for note in notes:
        assert any(note in one for one in answer.notes), answer.notes


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("bords IMX412", "no question 'bords'; do you mean `boards IMX412`?"),
        ("zzz", "no question and no part 'zzz': ask part, boards, chain"),
        ("FSM-IMX41", "no part 'FSM-IMX41'; do you mean FSM-IMX41"),
        ("boards TX2", "NVIDIA Jetson TX2 is a board, no module: there are FSM-AR0144"),
        ("IMX412 Jetson", "'Jetson' can be NVIDIA Jetson TX2, NVIDIA Jetson AGX Xavier"),
        ("driver brodcast", "no feature 'brodcast'; do you mean Broadcast?"),
        ("lanes IMX412 640x480", "FSM-IMX412 has no mode of 640x480: it has 4056x3040, 3840x2160"),
        ("lanes IMX412 fast", "'fast' is neither a size"),
        ("pins IMX412 VDD", "no net 'VDD': it has NC, 2V75_A"),
        ("supplies IMX477", "ask `supplies FSM-IMX412`"),
        ("table 7", "no table '7': there are 1, 2, 3, 4, 5 and 6"),
        (
            "offers hardwear",
            "groups are hardware, software, package, sources, support and services; do you mean hardware?",
        ),
        ("boards IMX412 0", "0 is not a number from 1 to 1000"),
        ("boards IMX412 2.5", "2.5 is no number of modules"),
        ("boards IMX412 2 3", "2 and 3 are 2 numbers"),
        ("buy IMX412 FT1/A", "buy needs a module and a board"),
        ("part", "part is about a part, not nothing; for example `part FSA-FT1/A`"),
    ],
)
def test_a_wrong_question_gets_the_nearest_right_one(question, message):
    with pytest.raises(NoAnswer) as problem:
        ask(question)
    assert message in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_example_of_each_question_is_answered_and_can_be_asked_again(name):
    answer = ask(QUESTIONS[name].example)
    assert answer.holds
    assert answer.rows
    assert all(len(row) == len(answer.columns) for row in answer.rows)
    assert ask(answer.question) == answer


def test_lanes_that_a_rate_needs():
    lanes = {
        fps: ask(f"lanes IMX412 4056x3040 {fps}").records()[0]["lanes needed"] for fps in (30, 31, 59.9, 60)
    }
    assert lanes == {30: 2, 31: 4, 59.9: 4, 60: None}


def test_a_kit_and_what_is_missing_beside_it():
    assert [row[:2] for row in ask("buy FSM-IMX412 Nano 2").rows] == [
        (1, "FSM-IMX412C/NVN_Devkit"),
        (1, "FSM-IMX412"),
        (1, "FSA-FT1/A"),
        (1, "FPA-A/NVN"),
        (1, "NVIDIA Jetson Nano Developer Kit (B01)"),
        (2, "lens and mount"),
    ]
    assert "No development kit of FSM-IMX477" in ask("buy FSM-IMX477 TX2").notes[0]


def test_what_the_driver_has_on_which_module():
    rows = ask("driver Broadcast").records()
    has = [row["module"] for row in rows if row["printed"] == "Green"]
    assert has[:3] == ["FSM-IMX327", "FSM-IMX334", "FSM-IMX335"]
    assert len(rows) == 22


def test_names_may_be_written_in_several_ways():
    eco = ecosystem.ecosystem()
    for text in ("FSM-IMX412", "imx412", "FSM-IMX412C", "framos-fsm-imx412", "FSM IMX412"):
        assert eco.find(text) == ["FSM-IMX412"], text
    assert eco.split(["Jetson", "Xavier", "NX", "FT18/BC"]) == ["NVIDIA Jetson Xavier NX", "FSA-FT18/BC"]


@pytest.mark.parametrize(
    "question", ["chain IMX412 TX2 4", "chain IMX264", "chain FPA-ABC/XX1", "mechanics IMX412"]
)
def test_drawings_have_all_parts_within_their_picture(question):
    answer = ask(question)
    picture = ecosystem.drawn(answer)
    assert picture
    texts = {shape.text for shape in picture.shapes}
    assert {
        str(cell) for row in answer.rows[:12] for cell in row[:4] if answer.question.startswith("chain")
    } <= texts
    for shape in picture.shapes:
        for x, y in shape.points:
            assert 0 <= x <= picture.width, shape
            assert 0 <= y <= picture.height, shape
    assert encode(picture, ".svg").startswith(b"<svg")


def test_four_modules_are_drawn_as_four():
    picture = ecosystem.drawn(ask("chain IMX412 TX2 4"))
    assert picture
    assert sum(shape.text == "FSM-IMX412" for shape in picture.shapes) == 4
    assert ecosystem.drawn(ask("table 5")) is None
