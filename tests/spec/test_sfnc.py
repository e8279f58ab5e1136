"""Standard features against the Standard Features Naming Convention 2.7: interface types and access.

The table is typed from the standard (the line "Interface" of each feature), and not from our declarations.
"""

from xml.etree import ElementTree

import pytest

import camtwin
from camtwin.problem import Refused

MODELS = ("baumer-vcxg-124m", "basler-aca4112-20um", "ids-imx412", "sony-imx412-aack")
INTERFACES = {
    "Boolean": """AcquisitionFrameRateEnable AcquisitionStatus ChunkEnable ChunkModeActive
        GevCurrentIPConfigurationDHCP GevCurrentIPConfigurationLLA
        GevCurrentIPConfigurationPersistentIP GevSCPSDoNotFragment LUTEnable LineInverter
        LineStatus ReverseX ReverseY SequencerFeatureEnable UserOutputValue
        """,
    "Command": """AcquisitionAbort AcquisitionStart AcquisitionStop CounterReset DeviceReset
        FileOperationExecute
        GevSCPSFireTestPacket SequencerSetLoad SequencerSetSave SoftwareSignalPulse
        TimestampLatch TimestampReset TriggerSoftware UserSetLoad UserSetSave""",
    "Enumeration": """AcquisitionMode AcquisitionStatusSelector BinningHorizontalMode BinningVerticalMode
        BlackLevelSelector ChunkPixelFormat ChunkSelector CounterEventActivation
        CounterEventSource CounterResetActivation CounterResetSource CounterSelector
        DeviceLinkThroughputLimitMode DeviceScanType DeviceTLType DeviceTemperatureSelector
        DeviceType EventNotification EventSelector ExposureAuto ExposureMode FileOpenMode
        FileOperationSelector FileOperationStatus FileSelector GainAuto GainSelector GevCCP
        GevGVSPExtendedIDMode LUTSelector LineFormat LineMode LineSelector LineSource
        PixelColorFilter PixelFormat PixelSize SensorShutterMode SequencerConfigurationMode
        SequencerFeatureSelector SequencerMode SequencerTriggerActivation SequencerTriggerSource
        SoftwareSignalSelector TestPattern TimerSelector TimerTriggerActivation
        TimerTriggerSource TriggerActivation TriggerMode TriggerOverlap TriggerSelector
        TriggerSource UserOutputSelector UserSetDefault UserSetSelector""",
    "Float": """AcquisitionFrameRate BlackLevel ChunkBlackLevel ChunkExposureTime ChunkGain DeviceTemperature
        ExposureTime Gain Gamma SensorPixelHeight SensorPixelWidth TimerDelay TimerDuration
        TriggerDelay""",
    "Integer": """AcquisitionBurstFrameCount AcquisitionFrameCount ActionDeviceKey ActionGroupKey
        ActionGroupMask
        ActionSelector BinningHorizontal BinningVertical ChunkCounterValue ChunkFrameID
        ChunkHeight ChunkLineStatusAll ChunkOffsetX ChunkOffsetY ChunkSequencerSetActive
        ChunkTimestamp ChunkWidth CounterDuration CounterValue DeviceLinkCurrentThroughput
        DeviceLinkSelector DeviceLinkSpeed DeviceLinkThroughputLimit DeviceSFNCVersionMajor
        DeviceSFNCVersionMinor DeviceSFNCVersionSubMinor FileAccessLength FileAccessOffset
        FileOperationResult FileSize GevCurrentDefaultGateway GevCurrentIPAddress
        GevCurrentSubnetMask GevHeartbeatTimeout GevLinkSpeed GevMACAddress GevMCDA
        GevMCPHostPort GevMCRC GevMCSP GevMCTT GevPersistentDefaultGateway
        GevPersistentIPAddress GevPersistentSubnetMask GevSCDA GevSCPD GevSCPHostPort
        GevSCPSPacketSize GevTimestampTickFrequency Height HeightMax LUTIndex LUTValue
        LineStatusAll OffsetX OffsetY PayloadSize PixelDynamicRangeMax PixelDynamicRangeMin
        SensorHeight SensorWidth SequencerPathSelector SequencerSetActive SequencerSetNext
        SequencerSetSelector SequencerSetStart TLParamsLocked Timestamp TimestampLatchValue
        UserOutputValueAll Width WidthMax""",
    "Register": "FileAccessBuffer LUTValueAll",
    "String": """DeviceFirmwareVersion DeviceManufacturerInfo DeviceModelName DeviceSerialNumber DeviceUserID
        DeviceVendorName DeviceVersion SensorName""",
}
STANDARD = {name: interface for interface, names in INTERFACES.items() for name in names.split()}
OURS = {"ChunkBinningHorizontal", "ChunkBinningVertical", "ChunkDeviceTemperature"}
"""Chunks in the standard's manner, of features that have none there."""
NODES = {"IntReg": "Integer", "MaskedIntReg": "Integer", "FloatReg": "Float", "StringReg": "String"}


@pytest.mark.parametrize("model", MODELS)
def test_interface_types(model):
    """The description offers each standard feature by the interface of the standard."""
    cam = camtwin.open(model, render=False)
    standard = {n.feature.name for n in cam.twin.camera.tree.here if not n.feature.custom} - OURS
    assert not standard - STANDARD.keys(), "not in the table, and not marked as the maker's own"
    entries = ElementTree.fromstring(cam.xml).iter()
    tags = {e.get("Name", ""): e.tag.rpartition("}")[2] for e in entries if not e.tag.endswith("EnumEntry")}
    offered = {name: NODES.get(tags[name], tags[name]) for name in standard if name in tags}
    assert len(offered) > 20
    assert offered == {name: STANDARD[name] for name in offered}


@pytest.mark.parametrize("model", MODELS[:3])  # the bare sensor has no such switch
def test_the_frame_rate_is_locked_and_not_hidden_while_it_is_off(model):
    """A host that looks for the rate before it enables it finds it (SFNC: AcquisitionFrameRate, RW)."""
    cam = camtwin.open(model, render=False)
    cam.AcquisitionFrameRateEnable = False
    rate = cam.AcquisitionFrameRate
    with pytest.raises(Refused, match="locked"):
        cam.AcquisitionFrameRate = rate
    cam.AcquisitionFrameRateEnable = True
    cam.AcquisitionFrameRate = rate


WHEN_AVAILABLE = {
    "AcquisitionStart": "no acquisition runs",
    "LineSource": "LineMode is Output",
    "SequencerMode": "SequencerConfigurationMode is Off",
    "SequencerSetLoad": "SequencerConfigurationMode is On",
    "SequencerSetSave": "SequencerConfigurationMode is On",
    "TimerTriggerActivation": "the source has edges",
    "TriggerActivation": "the source has edges",
    "TriggerSoftware": "TriggerSource is Software",
    "UserSetSave": "the set can be written",
}
"""The standard features that may be not available, which includes reading them, and when they are."""


def test_what_is_only_locked_can_be_read():
    """A read is answered even where the standard has a condition for a write, but for a known few."""
    hidden = {
        node.feature.name
        for model in MODELS
        for node in camtwin.open(model, render=False).twin.camera.tree.here
        if node.feature.available is not None and not node.feature.custom
    }
    assert hidden == WHEN_AVAILABLE.keys()
