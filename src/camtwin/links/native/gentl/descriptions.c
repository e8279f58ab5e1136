/* GenICam descriptions of the producer's own modules, with the features of GenTL's SFNC. The addresses are those of
 * modules.c. A consumer reads the file as a text: it ends with its first zero. */
#include "producer.h"

#define HEAD(module, guid) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<RegisterDescription xmlns=\"http://www.genicam.org/GenApi/Version_1_1\" " \
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" " \
	"xsi:schemaLocation=\"http://www.genicam.org/GenApi/Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd\" " \
	"ModelName=\"" module "\" VendorName=\"camtwin\" ToolTip=\"" module " module of the GenTL producer of camtwin\" " \
	"StandardNameSpace=\"None\" SchemaMajorVersion=\"1\" SchemaMinorVersion=\"1\" SchemaSubMinorVersion=\"0\" MajorVersion=\"1\" " \
	"MinorVersion=\"0\" SubMinorVersion=\"0\" ProductGuid=\"5b0c2c7e-6f0d-4c0a-8a57-0c5f2ad61e4" guid "\" " \
	"VersionGuid=\"9d2d7e0a-31b5-4f0c-9f55-7ab1d6a9b31" guid "\">\n"
#define F(name) "<pFeature>" name "</pFeature>"
#define S(name) "<pSelected>" name "</pSelected>"
#define CATEGORY(name, features) "<Category Name=\"" name "\" NameSpace=\"Standard\">" features "</Category>\n"
#define SAYS(text) "<ToolTip>" text "</ToolTip><Description>" text "</Description>"
#define AT(address, length, access, port) "<Address>" address "</Address><Length>" length "</Length><AccessMode>" access \
	"</AccessMode><pPort>" port "</pPort><Cachable>NoCache</Cachable>"
#define UNSIGNED "<Sign>Unsigned</Sign><Endianess>LittleEndian</Endianess>"
#define IF_CHILD "<pIsAvailable>HasChild</pIsAvailable>"

#define TEXT(name, says, more, address) \
	"<StringReg Name=\"" name "\" NameSpace=\"Standard\">" SAYS(says) more AT(address, "256", "RO", PORT_NAME) "</StringReg>\n"
#define NUMBER(name, says, address) \
	"<IntReg Name=\"" name "\" NameSpace=\"Standard\">" SAYS(says) AT(address, "8", "RO", PORT_NAME) UNSIGNED "</IntReg>\n"
#define HIDDEN(name, address, access) \
	"<IntReg Name=\"" name "\"><Visibility>Invisible</Visibility>" AT(address, "8", access, PORT_NAME) UNSIGNED "</IntReg>\n"
#define ENTRY(name, value) "<EnumEntry Name=\"" name "\" NameSpace=\"Standard\"><Value>" value "</Value></EnumEntry>"
#define ENUMERATION(name, says, more, entries, address, access) \
	"<Enumeration Name=\"" name "\" NameSpace=\"Standard\">" SAYS(says) more entries "<pValue>" name "_Value</pValue></Enumeration>\n" \
	HIDDEN(name "_Value", address, access)
#define SELECTED_ENUMERATION(name, says, entries, selected, address) \
	"<Enumeration Name=\"" name "\" NameSpace=\"Standard\">" SAYS(says) entries "<pValue>" name "_Value</pValue>" selected \
	"</Enumeration>\n" HIDDEN(name "_Value", address, "RW")
#define SELECTOR(name, says, selected) \
	"<Integer Name=\"" name "\" NameSpace=\"Standard\">" SAYS(says) "<pValue>Selector_Value</pValue><Min>0</Min><pMax>Last_Value</pMax>" \
	selected "</Integer>\n" HIDDEN("Selector_Value", "0xC000", "RW") HIDDEN("Last_Value", "0xC008", "RO") HIDDEN("HasChild", "0xC048", "RO")
#define COMMAND(name, says) \
	"<Command Name=\"" name "\" NameSpace=\"Standard\">" SAYS(says) "<pValue>" name "_Value</pValue><CommandValue>1</CommandValue></Command>\n" \
	HIDDEN(name "_Value", "0xC010", "RW")
#define END "<Port Name=\"" PORT_NAME "\" NameSpace=\"Standard\"></Port>\n</RegisterDescription>\n"

#define LINK_ENTRIES ENTRY("Mixed", "0") ENTRY("Custom", "1") ENTRY("GigEVision", "2") ENTRY("USB3Vision", "3")
#define STATUS_ENTRIES ENTRY("Unknown", "0") ENTRY("ReadWrite", "1") ENTRY("ReadOnly", "2") ENTRY("NoAccess", "3") \
	ENTRY("Busy", "4") ENTRY("OpenReadWrite", "5") ENTRY("OpenReadOnly", "6")

/* Module events: an id of 8 bytes, the time, the device's id, on a port of the event's own. */
#define EVENT_DATA(event, id, says) CATEGORY("Event" event "Data", F("Event" event) F("Event" event "Timestamp") F("Event" event "DeviceID")) \
	"<IntReg Name=\"Event" event "\" NameSpace=\"Standard\">" SAYS(says) AT("0x0", "8", "RO", event "Port") UNSIGNED "</IntReg>\n" \
	"<IntReg Name=\"Event" event "Timestamp\" NameSpace=\"Standard\">" SAYS("Reports the time of the event on the host's monotonic clock, in nanoseconds.") \
	AT("0x8", "8", "RO", event "Port") UNSIGNED "</IntReg>\n" \
	"<StringReg Name=\"Event" event "DeviceID\" NameSpace=\"Custom\">" SAYS("Reports the id of the device that the event is about.") \
	AT("0x10", "256", "RO", event "Port") "</StringReg>\n" \
	"<Port Name=\"" event "Port\" NameSpace=\"Custom\"><EventID>" id "</EventID></Port>\n"
#define EVENT_CONTROL(entries) SELECTED_ENUMERATION("EventSelector", "Selects the event that EventNotification switches.", entries, S("EventNotification"), "0xC050") \
	ENUMERATION("EventNotification", "Switches the notification of the selected event on or off.", "", ENTRY("Off", "0") ENTRY("On", "1"), "0xC058", "RW")

#define PORT_NAME "TLPort"
static const char SYSTEM_XML[] = HEAD("System", "1")
	CATEGORY("Root", F("SystemInformation") F("InterfaceEnumeration"))
	CATEGORY("SystemInformation", F("TLID") F("TLVendorName") F("TLModelName") F("TLVersion") F("TLFileName") F("TLPath") F("TLDisplayName")
		F("TLType") F("GenTLVersionMajor") F("GenTLVersionMinor") F("GenTLSFNCVersionMajor") F("GenTLSFNCVersionMinor") F("GenTLSFNCVersionSubMinor"))
	CATEGORY("InterfaceEnumeration", F("InterfaceUpdateList") F("InterfaceSelector") F("InterfaceID") F("InterfaceDisplayName") F("InterfaceType"))
	TEXT("TLID", "Reports the unique identifier of the producer.", "", "0x1000")
	TEXT("TLVendorName", "Reports the vendor of the producer.", "", "0x1100")
	TEXT("TLModelName", "Reports the name of the producer.", "", "0x1200")
	TEXT("TLVersion", "Reports the version of the producer.", "", "0x1300")
	TEXT("TLFileName", "Reports the file name of the producer.", "", "0x1500")
	TEXT("TLPath", "Reports the path of the producer's file.", "", "0x1600")
	TEXT("TLDisplayName", "Reports the name of the producer for people.", "", "0x1700")
	ENUMERATION("TLType", "Reports the transport layers that the producer serves.", "", LINK_ENTRIES, "0xC018", "RO")
	NUMBER("GenTLVersionMajor", "Reports the major version of the GenTL interface.", "0x8048")
	NUMBER("GenTLVersionMinor", "Reports the minor version of the GenTL interface.", "0x8050")
	NUMBER("GenTLSFNCVersionMajor", "Reports the major version of the GenTL SFNC.", "0xC030")
	NUMBER("GenTLSFNCVersionMinor", "Reports the minor version of the GenTL SFNC.", "0xC038")
	NUMBER("GenTLSFNCVersionSubMinor", "Reports the subminor version of the GenTL SFNC.", "0xC040")
	COMMAND("InterfaceUpdateList", "Updates the list of interfaces, which is always the same.")
	SELECTOR("InterfaceSelector", "Selects an interface by its place in the list.", S("InterfaceID") S("InterfaceDisplayName") S("InterfaceType"))
	TEXT("InterfaceID", "Reports the id of the selected interface.", IF_CHILD, "0x4000")
	TEXT("InterfaceDisplayName", "Reports the name of the selected interface for people.", IF_CHILD, "0x4100")
	ENUMERATION("InterfaceType", "Reports the transport layer of the selected interface.", IF_CHILD, LINK_ENTRIES, "0xC020", "RO")
	END;

#undef PORT_NAME
#define PORT_NAME "InterfacePort"
static const char INTERFACE_XML[] = HEAD("Interface", "2")
	CATEGORY("Root", F("InterfaceInformation") F("DeviceEnumeration") F("EventControl"))
	CATEGORY("InterfaceInformation", F("InterfaceID") F("InterfaceDisplayName") F("InterfaceType"))
	CATEGORY("DeviceEnumeration", F("DeviceUpdateList") F("DeviceSelector") F("DeviceID") F("DeviceVendorName") F("DeviceModelName")
		F("DeviceDisplayName") F("DeviceUserID") F("DeviceSerialNumber") F("DeviceAccessStatus"))
	CATEGORY("EventControl", F("EventSelector") F("EventNotification") F("EventDeviceFoundData") F("EventDeviceLostData"))
	TEXT("InterfaceID", "Reports the id of the interface.", "", "0x1000")
	TEXT("InterfaceDisplayName", "Reports the name of the interface for people.", "", "0x1100")
	ENUMERATION("InterfaceType", "Reports the transport layer of the interface.", "", LINK_ENTRIES, "0xC018", "RO")
	COMMAND("DeviceUpdateList", "Lists the twins that run now.")
	SELECTOR("DeviceSelector", "Selects a device by its place in the list.", S("DeviceID") S("DeviceVendorName") S("DeviceModelName")
		S("DeviceDisplayName") S("DeviceUserID") S("DeviceSerialNumber") S("DeviceAccessStatus"))
	TEXT("DeviceID", "Reports the id of the selected device.", IF_CHILD, "0x4000")
	TEXT("DeviceVendorName", "Reports the vendor of the selected device.", IF_CHILD, "0x4100")
	TEXT("DeviceModelName", "Reports the model of the selected device.", IF_CHILD, "0x4200")
	TEXT("DeviceDisplayName", "Reports the name of the selected device for people.", IF_CHILD, "0x4400")
	TEXT("DeviceUserID", "Reports the user's name of the selected device.", IF_CHILD, "0x4600")
	TEXT("DeviceSerialNumber", "Reports the serial number of the selected device.", IF_CHILD, "0x4700")
	ENUMERATION("DeviceAccessStatus", "Reports whether the selected device can be opened.", IF_CHILD, STATUS_ENTRIES, "0xA028", "RO")
	EVENT_CONTROL(ENTRY("DeviceFound", "0") ENTRY("DeviceLost", "1"))
	EVENT_DATA("DeviceFound", "9100", "Reports the id of the event DeviceFound: a device has come.")
	EVENT_DATA("DeviceLost", "9101", "Reports the id of the event DeviceLost: a device has gone.")
	END;

#undef PORT_NAME
#define PORT_NAME "DevicePort"
static const char DEVICE_XML[] = HEAD("Device", "3")
	CATEGORY("Root", F("DeviceInformation") F("StreamEnumeration") F("EventControl"))
	CATEGORY("DeviceInformation", F("DeviceID") F("DeviceVendorName") F("DeviceModelName") F("DeviceDisplayName") F("DeviceUserID")
		F("DeviceSerialNumber") F("DeviceVersion") F("DeviceType") F("DeviceAccessStatus") F("DeviceTimestampFrequency"))
	CATEGORY("StreamEnumeration", F("StreamSelector") F("StreamID"))
	CATEGORY("EventControl", F("EventSelector") F("EventNotification") F("EventDeviceLostData"))
	TEXT("DeviceID", "Reports the id of the device.", "", "0x1000")
	TEXT("DeviceVendorName", "Reports the vendor of the device.", "", "0x1100")
	TEXT("DeviceModelName", "Reports the model of the device.", "", "0x1200")
	TEXT("DeviceDisplayName", "Reports the name of the device for people.", "", "0x1400")
	TEXT("DeviceUserID", "Reports the user's name of the device.", "", "0x1600")
	TEXT("DeviceSerialNumber", "Reports the serial number of the device.", "", "0x1700")
	TEXT("DeviceVersion", "Reports the version of the device.", "", "0x1800")
	ENUMERATION("DeviceType", "Reports the transport layer of the device.", "", LINK_ENTRIES, "0xC018", "RO")
	ENUMERATION("DeviceAccessStatus", "Reports how the device is open.", "", STATUS_ENTRIES, "0x8028", "RO")
	NUMBER("DeviceTimestampFrequency", "Reports the frequency of the device's timestamps, in hertz.", "0x8048")
	SELECTOR("StreamSelector", "Selects a stream by its place in the list.", S("StreamID"))
	TEXT("StreamID", "Reports the id of the selected stream.", IF_CHILD, "0x4000")
	EVENT_CONTROL(ENTRY("DeviceLost", "1"))
	EVENT_DATA("DeviceLost", "9101", "Reports the id of the event DeviceLost: this device has gone.")
	END;

#undef PORT_NAME
#define PORT_NAME "StreamPort"
static const char STREAM_XML[] = HEAD("DataStream", "4")
	CATEGORY("Root", F("StreamInformation") F("BufferHandlingControl"))
	CATEGORY("StreamInformation", F("StreamID") F("StreamType"))
	CATEGORY("BufferHandlingControl", F("StreamBufferHandlingMode") F("StreamAnnounceBufferMinimum") F("StreamAnnouncedBufferCount")
		F("StreamInputBufferCount") F("StreamOutputBufferCount") F("StreamStartedFrameCount") F("StreamDeliveredFrameCount")
		F("StreamLostFrameCount") F("StreamIsGrabbing") F("StreamChunkCountMaximum") F("StreamBufferAlignment"))
	TEXT("StreamID", "Reports the id of the stream.", "", "0x1000")
	ENUMERATION("StreamType", "Reports the transport layer of the stream.", "", LINK_ENTRIES, "0xC018", "RO")
	ENUMERATION("StreamBufferHandlingMode", "Sets which frames are kept when the consumer is slow: OldestFirst loses new ones, "
		"OldestFirstOverwrite loses the oldest one, NewestOnly keeps one.", "",
		ENTRY("OldestFirst", "1") ENTRY("OldestFirstOverwrite", "2") ENTRY("NewestOnly", "3"), "0xC028", "RW")
	NUMBER("StreamAnnounceBufferMinimum", "Reports the smallest number of buffers that can stream.", "0x8060")
	NUMBER("StreamAnnouncedBufferCount", "Reports the number of announced buffers.", "0x8018")
	NUMBER("StreamInputBufferCount", "Reports the number of buffers that wait for a frame.", "0x8020")
	NUMBER("StreamOutputBufferCount", "Reports the number of buffers that wait to be fetched.", "0x8028")
	NUMBER("StreamStartedFrameCount", "Reports the number of frames that came since the acquisition was started.", "0x8030")
	NUMBER("StreamDeliveredFrameCount", "Reports the number of frames that were delivered.", "0x8008")
	NUMBER("StreamLostFrameCount", "Reports the number of frames that were lost because no buffer waited.", "0x8010")
	"<Boolean Name=\"StreamIsGrabbing\" NameSpace=\"Standard\">" SAYS("Reports whether the acquisition runs.") "<pValue>StreamIsGrabbing_Value</pValue></Boolean>\n"
	HIDDEN("StreamIsGrabbing_Value", "0x8040", "RO")
	NUMBER("StreamChunkCountMaximum", "Reports the greatest number of chunks in a frame.", "0x8058")
	NUMBER("StreamBufferAlignment", "Reports the alignment that buffers need, in bytes.", "0x8068")
	END;

const char *description(enum kind kind, size_t *bytes, const char **name)
{
	switch (kind) {
	case SYSTEM: *bytes = sizeof SYSTEM_XML - 1; *name = "camtwin-system.xml"; return SYSTEM_XML;
	case INTERFACE: *bytes = sizeof INTERFACE_XML - 1; *name = "camtwin-interface.xml"; return INTERFACE_XML;
	case DEVICE: *bytes = sizeof DEVICE_XML - 1; *name = "camtwin-device.xml"; return DEVICE_XML;
	default: *bytes = sizeof STREAM_XML - 1; *name = "camtwin-stream.xml"; return STREAM_XML;
	}
}
