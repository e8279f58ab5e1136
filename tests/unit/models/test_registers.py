"""Register sheets: what stands at which address, and wrong sheets told in one line."""

from importlib.resources import files

import pytest

from camtwin import models

NAME = "imx412"
TEXT = (files("camtwin.models") / "registers" / f"{NAME}.toml").read_text()
SHEET = models.load_registers(NAME)


def test_addresses_of_makers_are_the_drivers():
    typed = {
        "dol_en": (0x00E3, 1),
        "dol_rhs1": (0x00E6, 2),
        "dol_long_integration_time": (0x00EA, 2),
        "dol_short_integration_time": (0x00EC, 2),
        "digital_gain_greenr": (0x020E, 2),
        "manual_pedestal": (0x3032, 2),
        "xvs_io_ctrl": (0x3040, 1),
        "ms_sel": (0x3041, 1),
        "cit_lshift": (0x3100, 1),
        "fll_lshift": (0x3210, 1),
        "adbit_mode": (0x3F0D, 1),
        "dpga_use_global_gain": (0x3FF9, 1),
        "extout_en": (0x4B81, 1),
        "dol_channel_enable": (0xE013, 1),
    }
    assert {n: (SHEET.registers[n].address, SHEET.registers[n].bytes) for n in typed} == typed


def test_the_space_is_kept_above_0x3000_and_reserved_below():
    assert SHEET.access[0x3000:] == bytes([2]) * (0x10000 - 0x3000)
    assert SHEET.access[0x1000:0x3000] == bytes(0x2000)
    assert SHEET.access[0x0016:0x0018] == bytes([1, 1])
    assert SHEET.reset[0x0016:0x0018] == bytes.fromhex("0577")
    assert SHEET.reset[0x0340:0x0344] == (3102).to_bytes(2, "big") + (4512).to_bytes(2, "big")
    assert SHEET.by_address[0x0203] is SHEET.registers["coarse_integration_time"]
    assert 0x0204 + 2 not in SHEET.by_address


def test_effects_wait_as_long_as_drivers_say():
    assert (SHEET.latency.exposure, SHEET.latency.blanking) == (2, 3)
    effects = {name: SHEET.registers[name].effect for name in ("coarse_integration_time", "line_length_pck")}
    assert effects == {"coarse_integration_time": "exposure", "line_length_pck": "blanking"}
    assert SHEET.registers["pll_multiplier"].effect == "stream"


def test_each_register_says_what_it_does_and_where_that_is_from():
    facts = {fact.path: fact for fact in SHEET.facts}
    for name, register in SHEET.registers.items():
        assert register.text.endswith("."), name
        assert len(register.text.split()) > 2, name
        assert facts[f"registers.{name}"].source
    assert {fact.path for fact in SHEET.facts if fact.assumed} == {
        *("bus.max_hz", "power.early_xclr_hangs", "latency.frame", "clocks.pll_in_MHz"),
        *("timing.dol_header_columns", "power_shares.idle", "power_shares.converters", "power_shares.link"),
        *("reset.status", "reset.gains", "reset.drive"),
        *("registers.second_cci_address_ctrl", "registers.ulps_between_frames"),
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sensor_model_id = 0x0577", "chip_id = 0x0577", "imx412: reset has chip_id, of which there is no"),
        ("sensor_model_id = 0x0577", "sensor_model_id = 0x10577", "reset value 0x10577 of sensor_model_id"),
        ("dol_num = { address = 0x00E4", "dol_num = { address = 0x00E3", "dol_en and dol_num share address"),
        ("last = 0x0FFF", "last = 0x0FFE", "areas do not follow each other"),
        ("address_low = { value = 0x1A", "address_low = { value = 0x80", "bus.address_low 128"),
        ('effect = "blanking"', 'effect = "later"', "registers.frame_length_lines.effect 'later'"),
        ('sensor = "imx412"', 'sensor = "imx999"', "there is no data sheet of a sensor 'imx999'"),
        (', source = "all drivers" }', " }", "imx412: registers.mode_select.address must say its source"),
        ("[bus]", "[bus", "imx412: "),
    ],
)
def test_a_wrong_sheet_is_told_in_one_line(old, new, message):
    assert old in TEXT
    with pytest.raises(models.SheetInvalid) as problem:
        models.parse_registers(NAME, TEXT.replace(old, new, 1))
    assert message in str(problem.value)
    assert "\n" not in str(problem.value)


def test_registers_that_nobody_has_described():
    with pytest.raises(models.UnknownModel, match="no registers of a sensor 'imx999': there are imx412"):
        models.load_registers("imx999")
