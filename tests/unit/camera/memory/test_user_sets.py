"""User sets and custom data: what is saved comes back, and nothing else changes."""

import pytest

import camtwin
from camtwin.camera.memory.user_sets import MemoryStorage, StorageProblem
from camtwin.genicam import At
from camtwin.genicam.nodes import Boolean, Enumeration, Numeric, Register
from camtwin.problem import Refused

MODEL = "baumer-vcxg-124m"


MODELS = {MODEL: "UserSet0", "basler-aca4112-20um": "Default"}
"""And what they call the factory's set."""


def opened(model=MODEL, **options):
    return camtwin.open(model, render=False, **options)


def save(cam, name):
    cam.UserSetSelector = name
    cam.UserSetSave()


def load(cam, name):
    cam.UserSetSelector = name
    cam.UserSetLoad()


def another(tree, node, at):
    """Return a value that the feature may have and has not."""
    f, value = node.feature, tree.ask(node, "Value", at)
    if isinstance(f, Boolean):
        return not value
    if isinstance(f, Enumeration):
        return next((word for word in node.words if word != value), None)
    if isinstance(f, Register):
        return value[2:4] + value[:2] + value[4:]
    if isinstance(f, Numeric):
        low, high = tree.limits(node, at)
        step = node.number("inc") or 1
        near = (low, value + step, value - step, high)
        return next((new for new in near if low <= new <= high and new != value), None)
    return "other"


def same(node, one, other):
    return getattr(one, node.feature.attr) == getattr(other, node.feature.attr)


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_that_can_be_changed_is_saved_and_comes_back(model):
    cam = opened(model)
    camera, tree = cam.twin.camera, cam.twin.camera.tree
    factory = camera.settings
    saved = [n for n in tree.here if n.feature.stored and n.feature.saved]
    # those first that make others available; those last that lock others
    first = "AcquisitionMode AcquisitionFrameRateEnable BinningHorizontal BinningVertical Width Height "
    first += "TriggerActivation ExposureOverlapTimeMode"
    last = ("ExposureAuto", "GainAuto", "CenterX", "CenterY", "SequencerMode")
    cam.SequencerConfigurationMode = "On"
    order = sorted(saved, key=lambda n: (n.feature.name not in first.split(), n.feature.name in last))
    unchanged = set()
    for node in order:
        if node.feature.name == "AcquisitionMode" and "MultiFrame" in node.entries:
            tree.set(camera, "AcquisitionMode", "MultiFrame")
            continue
        if node.feature.name in last:
            cam.SequencerConfigurationMode = "Off"
        for key in [*node.keys][-4:]:
            new = another(tree, node, At(camera.settings, camera, key))
            try:
                tree.set(camera, node.feature.name, new, key)
            except Refused:
                unchanged.add(node.feature.name)
    changed = camera.settings
    names = {n.feature.name for n in saved if same(n, factory, changed)}
    single = {n.feature.name for n in saved if isinstance(n.feature, Enumeration) and len(n.entries) == 1}
    assert names == single, "everything with a choice was changed"
    save(cam, "UserSet2")
    cam.world.power_cycle()
    assert camera.settings == factory
    load(cam, "UserSet2")
    assert [n.feature.name for n in saved if not same(n, camera.settings, changed)] == []
    load(cam, MODELS[model])
    assert [n.feature.name for n in saved if not same(n, camera.settings, factory)] == []


@pytest.mark.parametrize("model", MODELS)
def test_three_sets_do_not_touch_each_other_and_the_factorys_is_read_only(model):
    cam = opened(model)
    for number in (1, 2, 3):
        cam.Gain = float(number)
        save(cam, f"UserSet{number}")
    cam.world.power_cycle()
    assert cam.Gain == 0.0
    for number in (2, 1, 3):
        load(cam, f"UserSet{number}")
        assert cam.Gain == float(number)
    cam.UserSetSelector = MODELS[model]
    with pytest.raises(Refused, match="UserSetSave is not available now"):
        cam.UserSetSave()
    cam.UserSetLoad()
    assert cam.Gain == 0.0


@pytest.mark.parametrize("model", MODELS)
def test_the_default_set_and_the_users_name_are_there_after_power_up(model):
    storage = MemoryStorage()
    cam = opened(model, storage=storage)
    cam.Gain = 6.0
    save(cam, "UserSet3")
    cam.UserSetDefault, cam.DeviceUserID = "UserSet3", "left, für dich"
    cam.Gain = 1.0
    cam.world.power_cycle()
    assert (cam.Gain, cam.UserSetDefault, cam.DeviceUserID) == (6.0, "UserSet3", "left, für dich")
    assert opened(model, storage=storage).Gain == 6.0


def test_sets_of_the_factory_are_its_own_and_have_more_than_the_default():
    cam = opened("basler-aca4112-20um")
    expected = {
        "HighGain": (12.0, "Off", "Off"),
        "AutoFunctions": (0.0, "Continuous", "Continuous"),
        "Default": (0.0, "Off", "Off"),
    }
    for name, values in expected.items():
        load(cam, name)
        assert (cam.Gain, cam.ExposureAuto, cam.GainAuto) == values
        with pytest.raises(Refused, match="UserSetSave is not available now"):
            cam.UserSetSave()


def test_a_set_is_not_loaded_while_frames_are_taken():
    cam = opened()
    cam.AcquisitionStart()
    with pytest.raises(Refused, match="UserSetLoad is locked now"):
        cam.UserSetLoad()


def test_a_storage_that_refuses_leaves_the_old_set():
    class Full(MemoryStorage):
        full = False

        def store(self, name, data):
            if self.full:
                raise StorageProblem("no space left")
            super().store(name, data)

    storage = Full()
    cam = opened(storage=storage)
    cam.Gain = 2.0
    save(cam, "UserSet1")
    storage.full, cam.Gain = True, 3.0
    with pytest.raises(Refused, match="UserSet1 is not saved: no space left"):
        save(cam, "UserSet1")
    with pytest.raises(Refused, match="device is not saved"):
        cam.DeviceUserID = "x"
    assert cam.DeviceUserID == ""
    load(cam, "UserSet1")
    assert cam.Gain == 2.0


def test_the_memory_is_as_large_as_the_sheets():
    cam = opened()
    keeper = cam.twin.camera.keeper
    assert keeper.memory.nonvolatile_bytes == 128 * 1024
    keeper.memory = keeper.memory.model_copy(update={"nonvolatile_bytes": 300})
    with pytest.raises(Refused, match="above the maximum 300"):
        save(cam, "UserSet1")
    assert keeper.busy_until_ns == 0


def test_a_record_takes_its_time():
    cam = opened()
    keeper, start = cam.twin.camera.keeper, 5_000_000
    cam.advance(start)
    cam.Gain = 3.0
    assert keeper.busy_until_ns == 0
    save(cam, "UserSet1")
    assert keeper.busy_until_ns == start + keeper.memory.store_ns
    cam.advance(1000)
    cam.DeviceUserID = "bench"  # a few words, written at once
    assert keeper.busy_until_ns == start + keeper.memory.store_ns


@pytest.mark.parametrize("junk", [b"", b"x", b"x\x9c\x03\x00", b"\x78\x9c\xab\xae\x05\x00\x01\x75\x00\xf9"])
def test_a_record_of_nonsense_is_the_factorys(junk):
    storage = MemoryStorage()
    for name in ("device", "custom", "UserSet1"):
        storage.store(name, junk)
    cam = opened(storage=storage)
    load(cam, "UserSet1")
    assert (cam.Gain, cam.ExposureTime) == (0.0, 4000.0)


def test_custom_data_is_written_in_its_mode_alone_and_kept():
    cam = opened()
    with pytest.raises(Refused, match="CustomData is locked now"):
        cam.CustomData = 1
    cam.CustomDataConfigurationMode = "On"
    for i in range(128):
        cam.CustomDataSelector, cam.CustomData = i, 255 - i
    with pytest.raises(Refused, match="CustomDataSelector 128 is above the maximum 127"):
        cam.CustomDataSelector = 128
    cam.world.power_cycle()
    assert cam.CustomDataConfigurationMode == "Off"
    kept = []
    for i in range(128):
        cam.CustomDataSelector = i
        kept.append(cam.CustomData)
    assert kept == [255 - i for i in range(128)]
    load(cam, "UserSet0")
    assert cam.CustomData == 255 - 127, "no part of user sets"


def test_power_cycles_end_what_is_under_way_and_counts_begin_again():
    cam = opened()
    cam.AcquisitionStart()
    cam.advance(500_000_000)
    cam.world.power_cycle()
    assert cam.twin.camera.idle
    cam._arrived.clear()
    frame = cam.grab()[0]
    assert (frame.frame_id, frame.timestamp_ns) == (1, 0)
    cam.world.preset_frame_count(2**32 - 2)
    cam.world.preset_timestamp(2**40)
    frames = cam.grab(3)
    assert [f.frame_id for f in frames] == [2**32 - 1, 0, 1]
    assert 2**40 <= frames[0].timestamp_ns < 2**40 + 10**9
