/* Library, system and interfaces. An interface is a kind of link, as GenTL names it, and always there; its devices are
 * the twins with such a link that servers of this user run now. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdlib.h>
#include <string.h>

static struct module the_system;
static struct interface the_interfaces[INTERFACES];
static bool told_interfaces, ending;

/* `code`: its entry of the enumeration InterfaceType in descriptions.c */
const struct kind_of_link LINKS[INTERFACES] = {
	{"camtwin-gev", "Twins of GigE Vision cameras", "GEV", 2},
	{"camtwin-u3v", "Twins of USB3 Vision cameras", "U3V", 3},
	{"camtwin-custom", "Twins of sensors and modules without a camera's link", "Custom", 1},
};

struct interface *interfaces(void) { return the_interfaces; }

size_t interface_number(const struct module *interface)
{
	return (size_t)((const struct interface *)interface - the_interfaces);
}

void system_forget(void)
{
	memset(&the_system, 0, sizeof the_system);
	memset(the_interfaces, 0, sizeof the_interfaces);
	told_interfaces = ending = false;
}

/* -- library */
GC_API GCInitLib(void)
{
	LOCKED;
	if (initialised || ending)
		return fail(GC_ERR_RESOURCE_IN_USE, ending ? "GCCloseLib is still at work" : "GCInitLib was called before");
	initialised = true;
	return GC_ERR_SUCCESS;
}

static void close_interface(struct interface *interface)
{
	struct device *device;
	if (!interface->module.closing) {
		drop(&interface->module);
		while ((device = device_of(&interface->module)))
			if (device->module.closing)
				wait_changed(0);
			else
				link_close(device);
		drop_events(&interface->module);
		free_records(interface->found, interface->count);
		memset(interface, 0, sizeof *interface);
		pthread_cond_broadcast(&changed);
	}
	while (interface->module.closing)
		wait_changed(0);
}

static void close_system(void)
{
	if (!the_system.closing) {
		drop(&the_system);
		for (size_t i = 0; i < INTERFACES; i++)
			if (the_interfaces[i].open)
				close_interface(&the_interfaces[i]);
		drop_events(&the_system);
		end_spawned();
		memset(&the_system, 0, sizeof the_system);
		pthread_cond_broadcast(&changed);
	}
	while (the_system.closing)
		wait_changed(0);
}

void close_library(void)
{
	initialised = told_interfaces = false; /* nobody finds a handle from now on */
	ending = true;
	if (the_system.kind)
		close_system();
	watch(false);
	ending = false;
}

GC_API GCCloseLib(void)
{
	LOCKED;
	if (!initialised)
		return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
	close_library();
	return GC_ERR_SUCCESS;
}

GC_ERROR system_info(int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	const char *path = own_path(), *slash = strrchr(path, '/');
	switch (cmd) {
	case TL_INFO_ID: case TL_INFO_PATHNAME: return put_text(path, type, to, size);
	case TL_INFO_VENDOR: case TL_INFO_MODEL: return put_text("camtwin", type, to, size);
	case TL_INFO_VERSION: return put_text(CAMTWIN_VERSION, type, to, size);
	case TL_INFO_TLTYPE: return put_text("Mixed", type, to, size);
	case TL_INFO_NAME: return put_text(slash ? slash + 1 : path, type, to, size);
	case TL_INFO_DISPLAYNAME: return put_text("camtwin, digital twins of cameras", type, to, size);
	case TL_INFO_CHAR_ENCODING: return put_number(INFO_INT32, TL_CHAR_ENCODING_UTF8, type, to, size);
	case TL_INFO_GENTL_VER_MAJOR: return put_number(INFO_UINT32, 1, type, to, size);
	case TL_INFO_GENTL_VER_MINOR: return put_number(INFO_UINT32, 6, type, to, size);
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "a system has no information %d", cmd);
	}
}

GC_API GCGetInfo(TL_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	return system_info(cmd, type, to, size);
}

/* -- system */
GC_API TLOpen(TL_HANDLE *handle)
{
	LOCKED;
	if (!initialised)
		return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
	if (!handle)
		return put_handle(NULL, handle);
	if (the_system.kind)
		return fail(GC_ERR_RESOURCE_IN_USE, the_system.closing ? "the system is being closed" : "the system is open");
	if (!add(&the_system, SYSTEM, NULL))
		return failed();
	the_system.uses++;
	GC_ERROR error = spawn_twins();
	released(&the_system);
	if (error) {
		close_system();
		return error;
	}
	return put_handle(the_system.handle, handle);
}

GC_API TLClose(TL_HANDLE handle)
{
	LOCKED;
	if (!find(handle, SYSTEM))
		return failed();
	close_system();
	return GC_ERR_SUCCESS;
}

GC_API TLGetInfo(TL_HANDLE handle, TL_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	return find(handle, SYSTEM) ? system_info(cmd, type, to, size) : failed();
}

GC_API TLUpdateInterfaceList(TL_HANDLE handle, bool8_t *is_changed, uint64_t timeout_ms)
{
	LOCKED;
	(void)timeout_ms; /* the list is always the same */
	if (!find(handle, SYSTEM))
		return failed();
	if (is_changed)
		*is_changed = !told_interfaces;
	told_interfaces = true;
	return GC_ERR_SUCCESS;
}

GC_API TLGetNumInterfaces(TL_HANDLE handle, uint32_t *count)
{
	LOCKED;
	return find(handle, SYSTEM) ? put_count(INTERFACES, count) : failed();
}

GC_API TLGetInterfaceID(TL_HANDLE handle, uint32_t index, char *id, size_t *size)
{
	LOCKED;
	if (!find(handle, SYSTEM))
		return failed();
	if (index >= INTERFACES)
		return fail(GC_ERR_INVALID_INDEX, "interface %u is not one of 0 to %d", index, INTERFACES - 1);
	return put_text(LINKS[index].id, NULL, id, size);
}

GC_ERROR interface_info(size_t number, int32_t cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	switch (cmd) {
	case INTERFACE_INFO_ID: return put_text(LINKS[number].id, type, to, size);
	case INTERFACE_INFO_DISPLAYNAME: return put_text(LINKS[number].name, type, to, size);
	case INTERFACE_INFO_TLTYPE: return put_text(LINKS[number].tltype, type, to, size);
	default: return fail(GC_ERR_NOT_IMPLEMENTED, "an interface has no information %d", cmd);
	}
}

/* The interface of this id; NULL: `failed` has the reason. */
static struct interface *named(const char *id)
{
	for (size_t i = 0; id && i < INTERFACES; i++)
		if (!strcmp(id, LINKS[i].id))
			return &the_interfaces[i];
	if (id)
		fail(GC_ERR_INVALID_ID, "there is no interface %s", id);
	else
		fail(GC_ERR_INVALID_PARAMETER, "the interface's id is NULL");
	return NULL;
}

GC_API TLGetInterfaceInfo(TL_HANDLE handle, const char *id, INTERFACE_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct interface *interface = find(handle, SYSTEM) ? named(id) : NULL;
	return interface ? interface_info(interface_number(&interface->module), cmd, type, to, size) : failed();
}

GC_API TLOpenInterface(TL_HANDLE handle, const char *id, IF_HANDLE *opened)
{
	LOCKED;
	struct interface *interface = find(handle, SYSTEM) ? named(id) : NULL;
	if (!interface)
		return failed();
	if (!opened)
		return put_handle(NULL, opened);
	if (interface->open)
		return fail(GC_ERR_RESOURCE_IN_USE, "interface %s is open", id);
	memset(interface, 0, sizeof *interface);
	if (!add(&interface->module, INTERFACE, &the_system))
		return failed();
	interface->open = true;
	return put_handle(interface->module.handle, opened);
}

/* -- interfaces */
GC_API IFClose(IF_HANDLE handle)
{
	LOCKED;
	struct interface *interface = find(handle, INTERFACE);
	if (!interface)
		return failed();
	close_interface(interface);
	return GC_ERR_SUCCESS;
}

GC_API IFGetParentTL(IF_HANDLE handle, TL_HANDLE *parent)
{
	LOCKED;
	return find(handle, INTERFACE) ? put_handle(the_system.handle, parent) : failed();
}

GC_API IFGetInfo(IF_HANDLE handle, INTERFACE_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct module *interface = find(handle, INTERFACE);
	return interface ? interface_info(interface_number(interface), cmd, type, to, size) : failed();
}

bool update_devices(struct interface *interface, uint64_t timeout_ms)
{
	size_t count, before = interface->count;
	struct record *known = copy_records(interface->found, &before); /* other threads may list meanwhile */
	interface->module.uses++;
	pthread_mutex_unlock(&lock);
	struct record *found = list_twins(LINKS[interface_number(&interface->module)].tltype, &count, timeout_ms, known, before);
	free_records(known, before);
	pthread_mutex_lock(&lock);
	bool is_new = !same_records(found, count, interface->found, interface->count);
	free_records(interface->found, interface->count);
	interface->found = found;
	interface->count = count;
	if (is_new)
		list_changed(interface);
	released(&interface->module);
	return is_new;
}

GC_API IFUpdateDeviceList(IF_HANDLE handle, bool8_t *is_changed, uint64_t timeout_ms)
{
	LOCKED;
	struct interface *interface = find(handle, INTERFACE);
	if (!interface)
		return failed();
	bool is_new = update_devices(interface, timeout_ms);
	if (is_changed)
		*is_changed = is_new;
	return GC_ERR_SUCCESS;
}

GC_API IFGetNumDevices(IF_HANDLE handle, uint32_t *count)
{
	LOCKED;
	struct interface *interface = find(handle, INTERFACE);
	return interface ? put_count(interface->count, count) : failed();
}

GC_API IFGetDeviceID(IF_HANDLE handle, uint32_t index, char *id, size_t *size)
{
	LOCKED;
	struct interface *interface = find(handle, INTERFACE);
	if (!interface)
		return failed();
	if (index >= interface->count)
		return fail(GC_ERR_INVALID_INDEX, "device %u is not one of %zu", index, interface->count);
	return put_text(interface->found[index].field[FIELD_ID], NULL, id, size);
}

/* The twin that this text names; NULL: `failed` has the reason. */
static const struct record *twin_named(const struct interface *interface, const char *id)
{
	const struct record *twin = id ? record_of(interface->found, interface->count, id) : NULL;
	if (!id)
		fail(GC_ERR_INVALID_PARAMETER, "the device's id is NULL");
	else if (!twin)
		fail(GC_ERR_INVALID_ID, "no twin %s runs", id);
	return twin;
}

GC_API IFGetDeviceInfo(IF_HANDLE handle, const char *id, DEVICE_INFO_CMD cmd, INFO_DATATYPE *type, void *to, size_t *size)
{
	LOCKED;
	struct interface *interface = find(handle, INTERFACE);
	const struct record *about = interface ? twin_named(interface, id) : NULL;
	return about ? device_info(about, open_device(about->field[FIELD_ID]), cmd, type, to, size) : failed();
}

static GC_ERROR open_twin(struct interface *interface, const struct record *about, int32_t access, DEV_HANDLE *opened)
{
	if (open_device(about->field[FIELD_ID]))
		return fail(GC_ERR_RESOURCE_IN_USE, "%s is open in this process", about->field[FIELD_ID]);
	struct device *device = calloc(1, sizeof *device);
	if (!device || !copy_record(&device->about, about)) {
		free(device);
		return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a device");
	}
	device->module.parent = &interface->module;
	GC_ERROR error = link_open(device, access);
	return error ? error : put_handle(device->module.handle, opened);
}

GC_API IFOpenDevice(IF_HANDLE handle, const char *id, DEVICE_ACCESS_FLAGS access, DEV_HANDLE *opened)
{
	LOCKED;
	struct interface *interface = find(handle, INTERFACE);
	if (!interface)
		return failed();
	if (!opened)
		return put_handle(NULL, opened);
	if (access < DEVICE_ACCESS_READONLY || access > DEVICE_ACCESS_EXCLUSIVE)
		return fail(GC_ERR_INVALID_PARAMETER, "access %d is not one of %d to %d", access, DEVICE_ACCESS_READONLY, DEVICE_ACCESS_EXCLUSIVE);
	interface->module.uses++;
	if (id && !record_of(interface->found, interface->count, id))
		update_devices(interface, 1000); /* it may have come since */
	const struct record *about = twin_named(interface, id);
	GC_ERROR error = about ? open_twin(interface, about, access, opened) : failed();
	released(&interface->module);
	return error;
}
