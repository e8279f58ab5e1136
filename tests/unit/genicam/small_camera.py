"""A small GenICam description in our own words, with the constructs that makers use, to adopt and to spoil."""

from __future__ import annotations

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<RegisterDescription ModelName="Small" VendorName="Acme" StandardNameSpace="GEV" ToolTip="A small camera."'
    ' SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0"'
    ' SubMinorVersion="0" ProductGuid="11111111-1111-1111-1111-111111111111"'
    ' VersionGuid="11111111-1111-1111-1111-111111111112" xmlns="http://www.genicam.org/GenApi/Version_1_1">\n'
)


def register(
    name: str, address: str, kind: str = "IntReg", length: int = 4, access: str = "RW", more: str = ""
) -> str:
    order = "" if kind == "StringReg" else "<Endianess>BigEndian</Endianess>"
    return (
        f'<{kind} Name="{name}">{address}<Length>{length}</Length><AccessMode>{access}</AccessMode>'
        f"<pPort>Device</pPort>{more}{order}</{kind}>\n"
    )


def at(address: int) -> str:
    return f"<Address>{address:#x}</Address>"


NODES = (
    '<Category Name="Root"><pFeature>Image</pFeature></Category>'
    '<Category Name="Image"><pFeature>DeviceVendorName</pFeature><pFeature>DeviceModelName</pFeature>'
    "<pFeature>Width</pFeature><pFeature>Height</pFeature><pFeature>PixelFormat</pFeature>"
    "<pFeature>PayloadSize</pFeature><pFeature>AcquisitionMode</pFeature><pFeature>AcquisitionStart</pFeature>"
    "<pFeature>AcquisitionStop</pFeature><pFeature>ExposureTime</pFeature><pFeature>GainSelector</pFeature>"
    "<pFeature>Gain</pFeature><pFeature>Lamp</pFeature></Category>\n"
    '<Category Name="Lamp"><pFeature>LampColour</pFeature><pFeature>LampLevel</pFeature><pFeature>LampOn</pFeature>'
    "<pFeature>LampHot</pFeature><pFeature>LampName</pFeature><pFeature>LampPower</pFeature>"
    "<pFeature>LampReset</pFeature><pFeature>LampGone</pFeature></Category>\n"
    '<StringReg Name="DeviceVendorName"><Address>0x48</Address><Length>32</Length><AccessMode>RO</AccessMode>'
    "<pPort>Device</pPort></StringReg>\n"
    '<StringReg Name="DeviceModelName"><Address>0x68</Address><Length>32</Length><AccessMode>RO</AccessMode>'
    "<pPort>Device</pPort></StringReg>\n"
    '<Integer Name="Width"><pValue>WidthReg</pValue><Min>16</Min><pMax>WidthMaxReg</pMax><Inc>16</Inc></Integer>\n'
    '<Integer Name="Height"><pValue>HeightReg</pValue><Min>1</Min><pMax>HeightMaxReg</pMax></Integer>\n'
    '<Enumeration Name="PixelFormat"><EnumEntry Name="Mono8"><Value>0x01080001</Value></EnumEntry>'
    '<EnumEntry Name="Mono12"><Value>0x01100005</Value></EnumEntry>'
    '<EnumEntry Name="Wild9"><Value>77</Value></EnumEntry><pValue>FormatReg</pValue></Enumeration>\n'
    '<Integer Name="PayloadSize"><pValue>PayloadReg</pValue></Integer>\n'
    '<Enumeration Name="AcquisitionMode"><EnumEntry Name="Continuous"><Value>2</Value></EnumEntry>'
    "<pValue>ModeReg</pValue></Enumeration>\n"
    '<Command Name="AcquisitionStart"><pValue>StartReg</pValue><CommandValue>1</CommandValue></Command>\n'
    '<Command Name="AcquisitionStop"><pValue>StopReg</pValue><CommandValue>1</CommandValue></Command>\n'
    '<Float Name="ExposureTime"><pValue>ExposureConverter</pValue><Min>10</Min><Max>1000000</Max></Float>\n'
    '<Converter Name="ExposureConverter"><pVariable Name="TICK">TickReg</pVariable><FormulaTo>FROM/TICK</FormulaTo>'
    "<FormulaFrom>TO*TICK</FormulaFrom><pValue>ExposureReg</pValue></Converter>\n"
    '<Enumeration Name="GainSelector"><EnumEntry Name="All"><Value>0</Value></EnumEntry><Value>0</Value>'
    "<pSelected>Gain</pSelected></Enumeration>\n"
    '<Float Name="Gain"><pValue>GainReg</pValue><Min>0</Min><Max>24</Max><Unit>dB</Unit></Float>\n'
    '<Enumeration Name="LampColour"><EnumEntry Name="Red"><Value>0</Value></EnumEntry>'
    '<EnumEntry Name="Blue"><Value>1</Value></EnumEntry><pValue>ColourReg</pValue>'
    "<pSelected>LampLevel</pSelected></Enumeration>\n"
    '<Integer Name="LampLevel" NameSpace="Custom"><Description>Sets how bright it is.</Description>'
    "<pValue>LevelReg</pValue><Min>0</Min><Max>100</Max><Unit>%</Unit></Integer>\n"
    '<Boolean Name="LampOn" NameSpace="Custom"><pValue>OnReg</pValue></Boolean>\n'
    '<Boolean Name="LampHot" NameSpace="Custom"><pValue>HotReg</pValue></Boolean>\n'
    '<String Name="LampName" NameSpace="Custom"><pValue>NameReg</pValue></String>\n'
    '<SwissKnife Name="LampPower" NameSpace="Custom"><pVariable Name="L">LampLevel</pVariable>'
    "<Formula>L*0.5</Formula></SwissKnife>\n"
    '<Command Name="LampReset" NameSpace="Custom"><pValue>LampResetReg</pValue><CommandValue>1</CommandValue></Command>\n'
    '<Integer Name="LampGone" NameSpace="Custom"><pIsImplemented>Never</pIsImplemented><Value>1</Value></Integer>\n'
    '<IntSwissKnife Name="Never"><Formula>(1=2)||0</Formula></IntSwissKnife>\n'
)
REGISTERS = (
    register("WidthReg", at(0x2_0000))
    + register("WidthMaxReg", at(0x2_0004), access="RO")
    + register("HeightReg", at(0x2_0008))
    + register("HeightMaxReg", at(0x2_000C), access="RO")
    + register("FormatReg", at(0x2_0010))
    + register("PayloadReg", at(0x2_0014), access="RO")
    + register("ModeReg", at(0x2_0018))
    + register("StartReg", at(0x2_001C), access="WO")
    + register("StopReg", at(0x2_0020), access="WO")
    + register("ExposureReg", at(0x2_0024))
    + register("TickReg", at(0x2_0028), access="RO")
    + register("GainReg", at(0x2_0030), "FloatReg")
    + register("ColourReg", at(0x2_0034))
    + register("LevelReg", at(0x2_0100) + "<pIndex Offset='8'>ColourReg</pIndex>")
    + register("OnReg", at(0x2_0040), "MaskedIntReg", more="<Bit>31</Bit>")
    + register("HotReg", at(0x2_0040), "MaskedIntReg", access="RO", more="<Bit>30</Bit>")
    + register("NameReg", at(0x2_0200), "StringReg", 16)
    + register("LampResetReg", at(0x2_0044), access="WO")
    + '<Port Name="Device"/>\n'
)
DESCRIPTION = f"{HEAD}{NODES}{REGISTERS}</RegisterDescription>\n"
VALUES = """\
    Category    : 'Image'
        String       : [RO] 'DeviceVendorName' = 'Acme Optics'
        Integer      : [RW] 'Width' = 640 px
        Enumeration  : [RW] 'PixelFormat' = 'Mono12'
        Float        : [RW] 'Gain' = 6.000000 dB
        Enumeration  : [RW] 'LampColour' = 'Red'
              * LampLevel
        Integer      : [RW] 'LampLevel' = 40 %
        Boolean      : [RW] 'LampOn' = true
        String       : [RW] 'LampName' = 'front'
"""
"""As `arv-tool-0.8 values` prints them."""
