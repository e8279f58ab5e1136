"""The measurement `steps`: each thing that can be looked at is seen, and what is not so turns the row red."""

import pytest

from camtwin.verify import measures
from camtwin.verify.case import Case, Wrong
from camtwin.verify.claims import Claim, LedgerInvalid

MODEL = "baumer-vcxg-124m"
SMALL = "Height=16,ExposureTime=1000,link=none"
CHUNK = "ChunkModeActive=True,ChunkSelector="
TRIGGER = f"TriggerMode=On,TriggerSource=Line0,{SMALL}"


def play(measure, value="4096"):
    """Carry out a row, and return its notes."""
    measures.load()
    claim = Claim("x.row", "Section", "claim", value, "", "behaviour", "", measure, "m")
    case = Case(MODEL, claim)
    for step in measures.steps(claim):
        step(case)
    return case.notes


@pytest.mark.parametrize(
    "right",
    [
        f"start,Line0,20ms:1,20ms:0,Line0*3@5ms,50ms:3,{TRIGGER}",
        f"start,Line0,20ms:ExposureStart=1&events=2&ExposureEnd=1,{TRIGGER}",
        f"start,Line0~1.9us,20ms:0,Line0~2us,20ms:frames=1,{TRIGGER}",
        f"start,TriggerSoftware?,20ms:0,{TRIGGER}",
        "Line0^,1ms:LineStatus=True&Line0=1&Line0=high,Line0v,1ms:LineStatus=False,LineSelector=Line0",
        "Gain>6:Gain=6,Gain>49!:Gain=6,Gain>5.5:Gain=5..6,0s:Gain=5~0.5",
        "ExposureTime>5000,UserSetSave,cycle:ExposureTime=4000,"
        "UserSetSelector>UserSet1,UserSetLoad:ExposureTime=5000,UserSetSelector=UserSet1",
        "UserSetSave!,UserSetSelector=UserSet0",
        f"stall,start,1s:0,resume,1s:some,{SMALL}",
        f"Gain>0|6,start,1s:some,{SMALL}",
        f"ChunkSelector>Image,ChunkEnable>False,start,1s:some&ChunkWidth=Width&ChunkWidth=4096,{CHUNK}Width,ChunkEnable=True,{SMALL}",
        f"ChunkSelector>Image,ChunkEnable>False,start,1s:some&ChunkFrameID=frame_id,{CHUNK}FrameID,ChunkEnable=True,{SMALL}",
        "0s:Width=claim",
        f"start,Line0*3@5ms,50ms:ExposureEnd-ExposureStart=1000~1&frame-ExposureStart=0~1,{TRIGGER}",
        f"start,Line0~10us*2@20ms,90ms:2&ExposureStart-@Line0^=97.7~0.2&Line0v-Line0^=10~0,{TRIGGER}",
        f"start,1ms:0,Line0,1ms:ExposureStart=1,20ms:ExposureEnd-ExposureStart=1000~1&ExposureEnd-look=97.7~0.2,{TRIGGER}",
        f"preset_frame_count>99,start,Line0,20ms:frame_id=100,{TRIGGER}",
        f"ChunkSelector>Image,ChunkEnable>False,start,1s:chunks=Width,{CHUNK}Width,ChunkEnable=True,{SMALL}",
        f"start,1s:chunks=none,{SMALL}",
    ],
)
def test_what_comes_is_seen(right):
    assert play(f"steps:{right}")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (f"start,Line0,20ms:2,{TRIGGER}", "frames after 20ms is 1, wanted is 2"),
        (f"start,Line0,20ms:ExposureEnd=0,{TRIGGER}", "ExposureEnd after 20ms is 1, wanted is 0"),
        (f"start,1s:0..1,{SMALL}", "wanted is 0..1"),
        ("Line0^,1ms:Line0=low", "Line0 after 1ms is high, wanted is low"),
        ("Line0^,1ms:Line0=2", "Line0 after 1ms is 1, wanted is 2"),
        ("0s:Gain=1~0.5", "Gain after 0s is 0, wanted is 1~0.5"),
        ("Gain>6!", "Gain takes 6"),
        ("Gain>49", "Gain"),
        ("UserSetSave!,UserSetSelector=UserSet1", "UserSetSave is carried out"),
        ("0s:Width=claim", "Width after 0s is 4096, wanted is 4095"),
        (f"start,Line0,20ms:ExposureEnd-ExposureStart=990~1,{TRIGGER}", "is 1000, wanted is 990~1"),
        (f"start,20ms:ExposureEnd-ExposureStart=1000~1,{TRIGGER}", "is never, wanted is 1000~1"),
        ("Line1v,Line1^,1ms:Line1^-Line0^=0~1", "is inf, wanted is 0~1"),
        (f"start,1s:chunks=Width,{SMALL}", "chunks after 1s is none"),
    ],
)
def test_what_is_not_so_is_told(wrong, reason):
    with pytest.raises(Wrong) as told:
        play(f"steps:{wrong}", "4095")
    assert reason in str(told.value)


def test_numbers_can_be_relative_to_the_claim():
    assert play("limits:Gain", "0..48")
    assert play("picture_size:width,percent=value") == ["picture 4096, 3000", "4096 x 3000", "width 4096"]
    with pytest.raises(LedgerInvalid, match=r"percent is 'low', which is no number"):
        play("picture_size:width,percent=low")
    with pytest.raises(LedgerInvalid, match=r"percent is 'wide', which is no number"):
        play("picture_size:width,percent=wide")
