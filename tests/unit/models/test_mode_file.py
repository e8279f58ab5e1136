"""Mode files: the shipped ones, each fault with its line, and text that is none."""

import pytest

from camtwin import models
from camtwin.models import ModesInvalid, UnknownModel, load_modes, modes_text, read_modes

NAME = "framos-fsm-imx412-4-lanes"
TEXT = (models.ROOM / "modes" / f"{NAME}.dts").read_text()


def test_the_shipped_modes():
    four, two = (load_modes(f"framos-fsm-imx412-{lanes}-lanes", "imx412") for lanes in (4, 2))
    assert [(m.size, m.fourcc, m.fps) for m in four] == [
        ("4056x3040", "RG10", 59.9),
        ("4056x3040", "RG12", 43.633),
        ("3840x2160", "RG10", 84.133),
        ("1920x1080", "RG10", 249.255),
        ("1280x720", "RG10", 60.188),
    ]
    assert {m.num_lanes for m in four} == {4}
    assert [round(m.fps) for m in two] == [30, 22, 42, 125, 30]
    assert (four[3].binning, four[2].crop_left, four[4].scale) == (2, 108, 3)


def test_written_modes_are_read_as_they_were():
    modes = load_modes(NAME, "imx412")
    assert read_modes("again", modes_text(modes), "imx412") == modes


def test_a_file_is_read_again_each_time(tmp_path):
    file = tmp_path / "my.dts"
    modes = load_modes(NAME, "imx412")
    file.write_text(modes_text(modes[:3]))
    assert load_modes(str(file), "imx412") == modes[:3]
    file.write_text(modes_text(modes[:4]))
    assert load_modes(str(file), "imx412") == modes[:4]
    with pytest.raises(UnknownModel, match="no mode file 'mine'"):
        load_modes("mine", "imx412")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"4056"', '"40x6"', "line 11: mode0: active_w '40x6': must be a valid integer"),
        ('"4056"', f'"{"9" * 5000}"', "line 11: mode0: active_w '999"),
        ('"4056"', "4056", "line 11: active_w = '4056': a value stands in quotes or in <>"),
        (
            "active_w =",
            "active_width =",
            "line 11: mode0 has no property 'active_width'; do you mean active_w?",
        ),
        ('active_w = "4056";', "", "line 10: mode0: active_w: is missing"),
        ('active_w = "4056";', 'active_w = "4056"; active_w = "1";', "line 11: mode0 has two of active_w"),
        ('num_lanes = "4"', 'num_lanes = "3"', "line 16: mode0: num_lanes 3: must be 1, 2 or 4"),
        (
            'num_lanes = "4"',
            'num_lanes = "2"',
            "4056 pixels of 10 bits take 9.66 us on 2 lanes of 2100 Mb/s, a line lasts 5.37 us",
        ),
        ("59900000", "60900000", "60.9 frames/s, 3092 lines of 5.373 us allow 60.189"),
        ('"27000"', '"25000"', "mclk_khz 25000 is none of 6000, 12000, 18000, 24000, 27000"),
        ('"10"', '"14"', "14 bits, the sensor has 10 and 12"),
        ('"rggb"', '"rgbg"', "line 14: mode0: pixel_phase 'rgbg': must be"),
        ('"3840"', '"4056"', "4056 columns x 1 from 108 end at 4164, the sensor has 4056"),
        ('"2160"', '"3040"', "3040 rows x 1 from 440 end at 3480, the sensor has 3040"),
        ('bit_depth = "12"', 'bit_depth = "10"', "mode0 and mode1 are both 4056x3040 RG10 4 lanes"),
        ("mode4 {", "mode7 {", "modes are mode0, mode1, mode2, mode3, mode7, wanted are mode0 to mode4"),
        ("mode0 {", "zero {", "modes are mode1, mode2"),
        ("};", "}", "line 24: 'mode1' after the end of mode0, wanted is ';'"),
        ("/ {", "{", "line 8: '{' is no name of a node"),
    ],
)
def test_a_fault_is_told_with_its_line(old, new, message):
    assert old in TEXT
    with pytest.raises(ModesInvalid) as problem:
        read_modes("my.dts", TEXT.replace(old, new, 1), "imx412")
    assert message in str(problem.value)
    assert str(problem.value).startswith("my.dts: ")


def test_few_modes_are_wanted_and_the_full_one_is_among_them():
    modes = load_modes(NAME, "imx412")
    more = [modes[0].model_copy(update={"active_h": 3040 - 2 * i}) for i in range(6)]
    for kept, said in (
        (modes[:2], "2 modes"),
        (more, "6 modes"),
        (more[1:5], "no mode has the full resolution 4056x3040"),
    ):
        with pytest.raises(ModesInvalid, match=said):
            read_modes("my.dts", modes_text(kept), "imx412")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/ {",
        "{}",
        "/ { a = ",
        '/ { a = "x"',
        "/*" * 100_000,
        "mode0 {" * 3000,
        "\x00",
        '"',
        "<" * 100_000,
    ],
)
def test_text_that_is_none_is_refused_at_once(text):
    with pytest.raises(ModesInvalid):
        read_modes("my.dts", text, "imx412")


def test_other_properties_of_such_files_are_passed_over():
    other = TEXT.replace(
        "mode0 {", 'mode0 { tegra_sinterface = "serial_a"; dpcm_enable = "false"; status;', 1
    )
    assert read_modes("my.dts", other.replace('"4056"', "<4056>"), "imx412") == load_modes(NAME, "imx412")
