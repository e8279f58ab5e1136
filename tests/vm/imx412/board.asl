// The board of two sensors, as its firmware describes it: an SSDT of ACPI. The bus is behind QEMU's PCI slot 0x10.
// PRP0001 has Linux look for a driver by "compatible", as in a device tree.
DefinitionBlock ("", "SSDT", 2, "CAMTWN", "SENSORS", 1)
{
    External (\_SB.PCI0.S80, DeviceObj)

    Scope (\_SB.PCI0.S80)
    {
        Device (XCLR) // PCF8574: outputs 0 and 1 are the reset pins of the sensors
        {
            Name (_HID, "PRP0001")
            Name (_UID, 1)
            Name (_CRS, ResourceTemplate ()
            {
                I2cSerialBusV2 (0x20, ControllerInitiated, 400000, AddressingMode7Bit, "\\_SB.PCI0.S80",
                    0, ResourceConsumer, , Exclusive,)
            })
            Name (_DSD, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "compatible", "nxp,pcf8574" } }
            })
        }

        Device (CAM0)
        {
            Name (_HID, "PRP0001")
            Name (_UID, 2)
            Name (_CRS, ResourceTemplate ()
            {
                I2cSerialBusV2 (0x1A, ControllerInitiated, 400000, AddressingMode7Bit, "\\_SB.PCI0.S80",
                    0, ResourceConsumer, , Exclusive,)
                GpioIo (Exclusive, PullDefault, 0, 0, IoRestrictionOutputOnly, "\\_SB.PCI0.S80.XCLR",
                    0, ResourceConsumer) { 0 }
            })
            Name (_DSD, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package ()
                {
                    Package () { "compatible", "sony,imx412" },
                    Package () { "reset-gpios", Package () { ^CAM0, 0, 0, 1 } } // low resets
                },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "port@0", "PORT" } }
            })
            Name (PORT, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "reg", 0 } },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "endpoint@0", "LINK" } }
            })
            Name (LINK, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package ()
                {
                    Package () { "reg", 0 },
                    Package () { "bus-type", 4 }, // CSI-2, D-PHY
                    Package () { "clock-lanes", 0 },
                    Package () { "data-lanes", Package () { 1, 2, 3, 4 } },
                    Package () { "link-frequencies", Package () { 600000000 } },
                    Package () { "remote-endpoint", Package () { \_SB.RCV0, "port@0", "endpoint@0" } }
                }
            })
        }

        Device (CAM1)
        {
            Name (_HID, "PRP0001")
            Name (_UID, 3)
            Name (_CRS, ResourceTemplate ()
            {
                I2cSerialBusV2 (0x10, ControllerInitiated, 400000, AddressingMode7Bit, "\\_SB.PCI0.S80",
                    0, ResourceConsumer, , Exclusive,)
                GpioIo (Exclusive, PullDefault, 0, 0, IoRestrictionOutputOnly, "\\_SB.PCI0.S80.XCLR",
                    0, ResourceConsumer) { 1 }
            })
            Name (_DSD, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package ()
                {
                    Package () { "compatible", "sony,imx412" },
                    Package () { "reset-gpios", Package () { ^CAM1, 0, 0, 1 } } // low resets
                },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "port@0", "PORT" } }
            })
            Name (PORT, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "reg", 0 } },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "endpoint@0", "LINK" } }
            })
            Name (LINK, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package ()
                {
                    Package () { "reg", 0 },
                    Package () { "bus-type", 4 }, // CSI-2, D-PHY
                    Package () { "clock-lanes", 0 },
                    Package () { "data-lanes", Package () { 1, 2, 3, 4 } },
                    Package () { "link-frequencies", Package () { 600000000 } },
                    Package () { "remote-endpoint", Package () { \_SB.RCV1, "port@0", "endpoint@0" } }
                }
            })
        }
    }

    Scope (\_SB)
    {
        Device (RCV0)
        {
            Name (_HID, "PRP0001")
            Name (_UID, 4)
            Name (_DSD, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "compatible", "camtwin,receiver" } },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "port@0", "PORT" } }
            })
            Name (PORT, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "reg", 0 } },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "endpoint@0", "LINK" } }
            })
            Name (LINK, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package ()
                {
                    Package () { "reg", 0 },
                    Package () { "bus-type", 4 },
                    Package () { "data-lanes", Package () { 1, 2, 3, 4 } },
                    Package () { "remote-endpoint", Package () { \_SB.PCI0.S80.CAM0, "port@0", "endpoint@0" } }
                }
            })
        }

        Device (RCV1)
        {
            Name (_HID, "PRP0001")
            Name (_UID, 5)
            Name (_DSD, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "compatible", "camtwin,receiver" } },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "port@0", "PORT" } }
            })
            Name (PORT, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package () { Package () { "reg", 0 } },
                ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
                Package () { Package () { "endpoint@0", "LINK" } }
            })
            Name (LINK, Package ()
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
                Package ()
                {
                    Package () { "reg", 0 },
                    Package () { "bus-type", 4 },
                    Package () { "data-lanes", Package () { 1, 2, 3, 4 } },
                    Package () { "remote-endpoint", Package () { \_SB.PCI0.S80.CAM1, "port@0", "endpoint@0" } }
                }
            })
        }
    }
}
