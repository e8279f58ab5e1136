/* Registers of the producer's own modules. They lie so that they need no table: a text of 256 bytes at TEXTS plus 256
 * times the number of its information in ...GetInfo, a number of 8 bytes at NUMBERS plus 8 times; those of the child
 * that the selector names at CHILD_TEXTS and CHILD_NUMBERS; all others, 8 bytes each, at OWN. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdio.h>
#include <string.h>

enum { TEXTS = 0x1000, CHILD_TEXTS = 0x4000, NUMBERS = 0x8000, CHILD_NUMBERS = 0xA000, OWN = 0xC000, OWN_END = 0xC080 };
enum own {
	SELECTOR, LAST_CHILD, UPDATE, LINK, CHILD_LINK, HANDLING, SFNC_MAJOR, SFNC_MINOR, SFNC_SUBMINOR, HAS_CHILD, EVENT_SELECTOR,
	EVENT_NOTIFICATION,
};

static size_t children(const struct module *module)
{
	switch (module->kind) {
	case SYSTEM: return INTERFACES;
	case INTERFACE: return ((const struct interface *)module)->count;
	default: return module->kind == DEVICE;
	}
}

static GC_ERROR info(struct module *module, int32_t cmd, void *to, size_t *size)
{
	switch (module->kind) {
	case SYSTEM: return system_info(cmd, NULL, to, size);
	case INTERFACE: return interface_info(interface_number(module), cmd, NULL, to, size);
	case DEVICE: return device_info(&((struct device *)module)->about, (struct device *)module, cmd, NULL, to, size);
	default: return stream_info((struct stream *)module, cmd, NULL, to, size);
	}
}

static GC_ERROR child_info(struct module *module, int32_t cmd, void *to, size_t *size)
{
	if (module->selector >= children(module))
		return fail(GC_ERR_INVALID_INDEX, "child %llu is not one of %zu", (unsigned long long)module->selector, children(module));
	if (module->kind == SYSTEM)
		return interface_info(module->selector, cmd, NULL, to, size);
	if (module->kind == DEVICE)
		return put_text("Stream0", NULL, to, size);
	const struct record *about = &((struct interface *)module)->found[module->selector];
	return device_info(about, open_device(about->field[FIELD_ID]), cmd, NULL, to, size);
}

static uint64_t link_code(const struct module *module)
{
	const struct record *twin = twin_of(module);
	if (module->kind == INTERFACE)
		return LINKS[interface_number(module)].code;
	for (size_t i = 0; twin && i < INTERFACES; i++)
		if (!strcmp(twin->field[FIELD_TLTYPE], LINKS[i].tltype))
			return LINKS[i].code;
	return 0; /* Mixed */
}

static uint64_t own(const struct module *module, uint64_t which)
{
	switch (which) {
	case SELECTOR: return module->selector;
	case LAST_CHILD: return children(module) ? children(module) - 1 : 0;
	case HAS_CHILD: return module->selector < children(module);
	case LINK: return link_code(module);
	case CHILD_LINK: return module->kind == SYSTEM && module->selector < INTERFACES ? LINKS[module->selector].code : 0;
	case HANDLING: return module->kind == STREAM ? ((const struct stream *)module)->handling : 0;
	case SFNC_MAJOR: case SFNC_MINOR: return 1; /* GenTL SFNC 1.1.0 */
	case EVENT_SELECTOR: return module->event_selector;
	case EVENT_NOTIFICATION: return !(module->muted >> module->event_selector & 1);
	default: return 0;
	}
}

static GC_ERROR no_register(uint64_t address, size_t bytes)
{
	return fail(GC_ERR_INVALID_ADDRESS, "no register of %zu bytes at 0x%llx", bytes, (unsigned long long)address);
}

GC_ERROR module_read(struct module *module, uint64_t address, void *to, size_t bytes)
{
	size_t length, size = TEXT_BYTES;
	const char *file, *xml = description(module->kind, &length, &file);
	char text[TEXT_BYTES] = {0};
	uint64_t number = 0;
	GC_ERROR error = GC_ERR_SUCCESS;
	if (address >= DESCRIPTION && address - DESCRIPTION <= length && bytes <= length - (address - DESCRIPTION)) {
		memcpy(to, xml + (address - DESCRIPTION), bytes);
		return GC_ERR_SUCCESS;
	}
	if (address >= TEXTS && address < NUMBERS && bytes <= TEXT_BYTES && address % TEXT_BYTES == 0) {
		bool child = address >= CHILD_TEXTS;
		int32_t cmd = (int32_t)((address - (child ? CHILD_TEXTS : TEXTS)) / TEXT_BYTES);
		error = child ? child_info(module, cmd, text, &size) : info(module, cmd, text, &size);
		memcpy(to, text, bytes);
		return error;
	}
	if (address < NUMBERS || address >= OWN_END || bytes > sizeof number || address % sizeof number)
		return no_register(address, bytes);
	size = sizeof number;
	if (address >= OWN)
		number = own(module, (address - OWN) / 8);
	else if (address >= CHILD_NUMBERS)
		error = child_info(module, (int32_t)((address - CHILD_NUMBERS) / 8), &number, &size);
	else
		error = info(module, (int32_t)((address - NUMBERS) / 8), &number, &size);
	memcpy(to, &number, bytes);
	return error;
}

static GC_ERROR out_of(const char *what, uint64_t value, uint64_t first, uint64_t last)
{
	return fail(GC_ERR_INVALID_VALUE, "%s %llu is not within %llu to %llu", what, (unsigned long long)value, (unsigned long long)first, (unsigned long long)last);
}

GC_ERROR module_write(struct module *module, uint64_t address, const void *from, size_t bytes)
{
	uint64_t value = 0, last = children(module) ? children(module) - 1 : 0;
	if (address >= DESCRIPTION || (address >= TEXTS && address < OWN))
		return fail(GC_ERR_ACCESS_DENIED, "the register at 0x%llx is read-only", (unsigned long long)address);
	if (address < OWN || address >= OWN_END || address % sizeof value || bytes > sizeof value)
		return no_register(address, bytes);
	memcpy(&value, from, bytes);
	switch ((address - OWN) / 8) {
	case SELECTOR:
		if (value > last)
			return out_of("the selector", value, 0, last);
		module->selector = value;
		return GC_ERR_SUCCESS;
	case UPDATE:
		if (module->kind == INTERFACE)
			update_devices((struct interface *)module, 1000);
		return GC_ERR_SUCCESS;
	case EVENT_SELECTOR:
		if (value > EVENT_DEVICE_LOST - MODULE_EVENTS)
			return out_of("EventSelector", value, 0, EVENT_DEVICE_LOST - MODULE_EVENTS);
		module->event_selector = (unsigned)value;
		return GC_ERR_SUCCESS;
	case EVENT_NOTIFICATION:
		if (value > 1)
			return out_of("EventNotification", value, 0, 1);
		module->muted &= ~(1u << module->event_selector);
		module->muted |= (unsigned)!value << module->event_selector;
		return GC_ERR_SUCCESS;
	case HANDLING:
		if (module->kind != STREAM)
			break;
		if (value < OLDEST_FIRST || value > NEWEST_ONLY)
			return out_of("StreamBufferHandlingMode", value, OLDEST_FIRST, NEWEST_ONLY);
		((struct stream *)module)->handling = value;
		return GC_ERR_SUCCESS;
	}
	return fail(GC_ERR_ACCESS_DENIED, "the register at 0x%llx is read-only", (unsigned long long)address);
}

/* The list of an interface has changed: so have the features that tell of it, and the selector if its device is gone. */
void list_changed(struct interface *interface)
{
	static const char *const FEATURES[] = {
		"DeviceSelector", "DeviceID", "DeviceVendorName", "DeviceModelName", "DeviceDisplayName", "DeviceUserID",
		"DeviceSerialNumber", "DeviceAccessStatus",
	};
	static const char FIRST[] = "DeviceSelector\0" "0";
	struct module *module = &interface->module;
	if (module->selector && module->selector >= interface->count) {
		module->selector = 0;
		tell(module, EVENT_FEATURE_CHANGE, 0, FIRST, sizeof FIRST);
	}
	for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES; i++)
		tell(module, EVENT_FEATURE_INVALIDATE, 0, FEATURES[i], strlen(FEATURES[i]) + 1);
}
