"""The golden bytes themselves, against rows worked out by hand from PFNC."""

from peers.pictures import ROW, ramp


def test_rows_by_hand():
    assert ramp("Mono8", 4, 2) == bytes([0, 1, 2, 3, 0, 1, 2, 3])
    assert ramp("Mono10", 4096, 1)[2 * 1023 : 2 * 1025] == bytes([0xFF, 0x03, 0x00, 0x00])
    assert ramp("Mono12", 4096, 1)[-4:] == bytes([0xFE, 0x0F, 0xFF, 0x0F])
    # pixels 0x001 and 0x002 of three: A = a7..a0, B = b3..b0 a11..a8, C = b11..b4
    assert ramp("Mono12p", 4, 1) == bytes([0x00, 0x10, 0x00, 0x02, 0x30, 0x00])
    assert ramp("Mono10p", 4, 1) == bytes([0x00, 0x04, 0x20, 0xC0, 0x00])
    # 0, 1, 2, 3: low bits 11 10 01 00 in one byte; 4 is the first with a high byte; then 12 bits
    assert ramp("BayerGR10g40IDS", 8, 1) == bytes([0, 0, 0, 0, 0xE4, 1, 1, 1, 1, 0xE4])
    assert ramp("BayerGR12g24IDS", 20, 1)[-6:] == bytes([0x01, 0x01, 0x10, 0x01, 0x01, 0x32])


def test_codes_say_the_bits():
    """PFNC: bits 23..16 of the code are the bits a pixel occupies."""
    assert {name: code >> 16 & 0xFF for name, (code, _) in ROW.items() if not name.endswith("IDS")} == {
        "Mono8": 8,
        "Mono10": 16,
        "Mono12": 16,
        "Mono10p": 10,
        "Mono12p": 12,
    }
