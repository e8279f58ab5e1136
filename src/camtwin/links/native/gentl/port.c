/* Ports: information, the places of descriptions, registers. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct record *twin_of(const struct module *module)
{
	while (module && module->kind != DEVICE)
		module = module->parent;
	return module ? &((const struct device *)module)->about : NULL;
}

/* Names of ports that consumers (VmbC) connect to without asking for them, and the module's kind. */
static const struct names { enum kind kind; const char *port, *module; } NAMES[] = {
	{SYSTEM, "TLPort", "TLSystem"}, {INTERFACE, "InterfacePort", "TLInterface"}, {DEVICE, "DevicePort", "TLDevice"},
	{STREAM, "StreamPort", "TLDataStream"}, {BUFFER, "BufferPort", "TLBuffer"}, {REMOTE, "Device", "Device"},
};

static const struct names *names_of(const struct module *module)
{
	const struct names *names = NAMES;
	while (names->kind != module->kind)
		names++;
	return names;
}

static GC_ERROR module_id(const struct module *module, INFO_DATATYPE *type, void *to, size_t *size)
{
	char text[32];
	switch (module->kind) {
	case SYSTEM: return system_info(TL_INFO_ID, type, to, size);
	case INTERFACE: return interface_info(interface_number(module), INTERFACE_INFO_ID, type, to, size);
	case STREAM: return stream_info((const struct stream *)module, STREAM_INFO_ID, type, to, size);
	case BUFFER: snprintf(text, sizeof text, "%p", module->handle); return put_text(text, type, to, size);
	default: return put_text(twin_of(module)->field[FIELD_ID], type, to, size);
	}
}

GC_API GCGetPortInfo(PORT_HANDLE handle, PORT_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct module *module = find(handle, ANY_PORT);
	if (!module)
		return failed();
	const struct record *twin = twin_of(module);
	bool big = module->kind == REMOTE && !strcmp(twin->field[FIELD_ORDER], "big");
	switch (cmd) {
	case PORT_INFO_ID: return module_id(module, type, to, size);
	case PORT_INFO_VENDOR: return put_text(twin ? twin->field[FIELD_VENDOR] : "camtwin", type, to, size);
	case PORT_INFO_MODEL: return put_text(twin ? twin->field[FIELD_MODEL] : "camtwin", type, to, size);
	case PORT_INFO_VERSION: return put_text(twin ? twin->field[FIELD_VERSION] : CAMTWIN_VERSION, type, to, size);
	case PORT_INFO_TLTYPE:
		if (module->kind == INTERFACE)
			return interface_info(interface_number(module), INTERFACE_INFO_TLTYPE, type, to, size);
		return put_text(twin ? twin->field[FIELD_TLTYPE] : "Mixed", type, to, size);
	case PORT_INFO_MODULE: return put_text(names_of(module)->module, type, to, size);
	case PORT_INFO_LITTLE_ENDIAN: return put_number(INFO_BOOL8, !big, type, to, size);
	case PORT_INFO_BIG_ENDIAN: return put_number(INFO_BOOL8, big, type, to, size);
	case PORT_INFO_ACCESS_READ: case PORT_INFO_ACCESS_WRITE:
		return put_number(INFO_BOOL8, module->kind != BUFFER, type, to, size);
	case PORT_INFO_ACCESS_NA: return put_number(INFO_BOOL8, 0, type, to, size);
	case PORT_INFO_ACCESS_NI: return put_number(INFO_BOOL8, module->kind == BUFFER, type, to, size);
	case PORT_INFO_PORTNAME: return put_text(names_of(module)->port, type, to, size);
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "a port has no information %d", cmd);
	}
}

GC_API GCGetNumPortURLs(PORT_HANDLE handle, uint32_t *count)
{
	LOCKED;
	struct module *module = find(handle, ANY_PORT);
	return module ? put_count(module->kind != BUFFER, count) : failed();
}

struct url { char text[512], name[256]; unsigned long long address, bytes; };

/* The place of the description of a port's features: local:NAME;ADDRESS;SIZE, in hexadecimal. */
static GC_ERROR url_of(struct module *module, struct url *url)
{
	const char *file;
	size_t length;
	if (module->kind == BUFFER)
		return fail(GC_ERR_NO_DATA, "a buffer has no features");
	if (module->kind == REMOTE)
		snprintf(url->text, sizeof url->text, "%s", twin_of(module)->field[FIELD_URL]);
	else {
		description(module->kind, &length, &file);
		snprintf(url->text, sizeof url->text, "local:%s;%X;%zX?SchemaVersion=1.1.0", file, DESCRIPTION, length);
	}
	if (sscanf(url->text, "%*[^:]:%255[^;];%llx;%llx", url->name, &url->address, &url->bytes) != 3)
		return fail(GC_ERR_ERROR, "%s is not a local URL", url->text);
	return GC_ERR_SUCCESS;
}

static GC_ERROR url_info(void *handle, uint32_t index, URL_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	struct module *module = find(handle, ANY_PORT);
	struct url url;
	if (!module || url_of(module, &url))
		return failed();
	if (index)
		return fail(GC_ERR_INVALID_INDEX, "URL %u: a port has one, 0", index);
	switch (cmd) {
	case URL_INFO_URL: return put_text(url.text, type, to, size);
	case URL_INFO_SCHEMA_VER_MAJOR: case URL_INFO_SCHEMA_VER_MINOR: case URL_INFO_FILE_VER_MAJOR:
		return put_number(INFO_INT32, 1, type, to, size);
	case URL_INFO_FILE_VER_MINOR: case URL_INFO_FILE_VER_SUBMINOR: return put_number(INFO_INT32, 0, type, to, size);
	case URL_INFO_SCHEME: return put_number(INFO_INT32, URL_SCHEME_LOCAL, type, to, size);
	case URL_INFO_FILE_REGISTER_ADDRESS: return put_number(INFO_UINT64, url.address, type, to, size);
	case URL_INFO_FILE_SIZE: return put_number(INFO_UINT64, url.bytes, type, to, size);
	case URL_INFO_FILENAME: return put_text(url.name, type, to, size);
	default: return fail(GC_ERR_NOT_AVAILABLE, "a URL has no information %d here", cmd);
	}
}

GC_API GCGetPortURLInfo(PORT_HANDLE handle, uint32_t index, URL_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	return url_info(handle, index, cmd, type, to, size);
}

GC_API GCGetPortURL(PORT_HANDLE handle, char *url, size_t *size)
{
	LOCKED;
	return url_info(handle, 0, URL_INFO_URL, NULL, url, size);
}

/* -- registers */
static GC_ERROR of_camera(struct device *device, uint64_t address, uint8_t *bytes, size_t all, size_t *done, bool write)
{
	GC_ERROR error = GC_ERR_SUCCESS;
	device->module.uses++;
	while (*done < all && !error) { /* in pieces that a message can carry */
		size_t part = all - *done < MAX_PART ? all - *done : MAX_PART, none = 0;
		uint32_t count = (uint32_t)part;
		if (write)
			error = ask(device, ASK_WRITE, address + *done, bytes + *done, part, NULL, &none);
		else
			error = ask(device, ASK_READ, address + *done, &count, sizeof count, bytes + *done, &part);
		if (!error && part != count)
			error = fail(GC_ERR_IO, "%zu bytes came of the %u at 0x%llx", part, count, (unsigned long long)(address + *done));
		*done += error ? 0 : part;
	}
	released(&device->module);
	return error;
}

/* Read or write bytes of a port; *size: as many as were. */
static GC_ERROR transfer(void *handle, uint64_t address, void *bytes, size_t *size, bool write)
{
	struct module *module = find(handle, ANY_PORT);
	if (!module)
		return failed();
	if (!bytes || !size || !*size)
		return fail(GC_ERR_INVALID_PARAMETER, "%s bytes at address 0x%llx", bytes && size ? "0" : "NULL for", (unsigned long long)address);
	size_t all = *size;
	*size = 0;
	if (module->kind == BUFFER)
		return fail(GC_ERR_NOT_AVAILABLE, "a buffer has no registers");
	if (module->kind != REMOTE) {
		GC_ERROR error = write ? module_write(module, address, bytes, all) : module_read(module, address, bytes, all);
		*size = error ? 0 : all;
		return error;
	}
	struct device *device = (struct device *)module->parent;
	if (write && device->access == DEVICE_ACCESS_READONLY)
		return fail(GC_ERR_ACCESS_DENIED, "%s was opened read-only", device->about.field[FIELD_ID]);
	return of_camera(device, address, bytes, all, size, write);
}

GC_API GCReadPort(PORT_HANDLE handle, uint64_t address, void *to, size_t *size)
{
	LOCKED;
	return transfer(handle, address, to, size, false);
}

GC_API GCWritePort(PORT_HANDLE handle, uint64_t address, const void *from, size_t *size)
{
	LOCKED;
	return transfer(handle, address, (void *)from, size, true);
}

/* *count: entries that were carried out. */
static GC_ERROR stacked(void *handle, PORT_REGISTER_STACK_ENTRY *entries, size_t *count, bool write)
{
	if (!find(handle, ANY_PORT))
		return failed();
	if (!entries || !count)
		return fail(GC_ERR_INVALID_PARAMETER, "the entries, or their number, are NULL");
	size_t all = *count;
	for (*count = 0; *count < all; ++*count) {
		PORT_REGISTER_STACK_ENTRY *entry = &entries[*count];
		size_t size = entry->Size;
		GC_ERROR error = transfer(handle, entry->Address, entry->pBuffer, &size, write);
		entry->Size = size;
		if (error)
			return error;
	}
	return GC_ERR_SUCCESS;
}

GC_API GCReadPortStacked(PORT_HANDLE handle, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
	LOCKED;
	return stacked(handle, entries, count, false);
}

GC_API GCWritePortStacked(PORT_HANDLE handle, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
	LOCKED;
	return stacked(handle, entries, count, true);
}
