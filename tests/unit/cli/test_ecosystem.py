"""`camtwin ecosystem`: tables for people, JSON for programs, pictures, exit codes."""

import json

import warm

CHAIN = ("ecosystem", "chain", "FSM-IMX412", "TX2")


def test_an_answer_for_programs_and_for_people():
    done = warm.run(*CHAIN, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["holds"]
    assert answer["answers"][0]["sensor adapter"] == "FSA-FT1/A"
    assert "sensor adapter" in warm.run(*CHAIN).stdout
    assert "table 5" in warm.run("ecosystem").stdout


def test_a_table_that_fits_is_one_and_another_has_a_block_for_each_row():
    narrow = warm.run("ecosystem", "supplies", "FSM-IMX412").stdout.splitlines()
    assert [line.split() for line in narrow[1:3]] == [
        ["kind", "net", "value", "unit", "pins"],
        ["supply", "2V75_A", "2.75", "V", "5,", "7"],
    ]
    wide = warm.run(*CHAIN).stdout.splitlines()
    assert "  board              NVIDIA Jetson TX2" in wide
    assert all(len(line) <= 80 for line in wide)


def test_a_no_ends_with_1_and_a_wrong_question_with_2():
    done = warm.run("ecosystem", "chain", "FSM-IMX412", "FT3/A")
    assert done.returncode == 1
    assert "goes with FSA-FT1/A" in done.stdout
    done = warm.run("ecosystem", "bords", "FSM-IMX412")
    assert (done.returncode, done.stderr) == (
        2,
        "camtwin: no question 'bords'; do you mean `boards FSM-IMX412`?\n",
    )


def test_a_drawing_is_written_or_refused(tmp_path):
    file = tmp_path / "chain.svg"
    assert warm.run(*CHAIN, "--draw", file).returncode == 0
    assert "FSA-FT1/A" in file.read_text()
    done = warm.run("ecosystem", "table", "5", "--draw", file)
    assert (done.returncode, done.stderr) == (
        2,
        "camtwin: --draw shows `chain` with parts that connect, or `mechanics` with a module\n",
    )
