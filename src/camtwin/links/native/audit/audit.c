/* An auditor of the dynamic linker (LD_AUDIT, rtld-audit(7)): whoever loads a libusb-1.0 gets the stand-in.
 *
 * LD_LIBRARY_PATH alone does not do that: a program may bring a libusb of its own and load it by an absolute path,
 * or by an RPATH, which comes first. The auditor changes the name before the linker looks for it; all else about
 * the search stays the caller's, its RUNPATH included, which a dlopen of ours would replace with our own.
 * CAMTWIN_LIBUSB is the stand-in's path. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

unsigned la_version(unsigned version);
char *la_objsearch(const char *name, uintptr_t *loader, unsigned flag);

enum { SEARCH_ORIGINAL = 1 }; /* LA_SER_ORIG: the name as the program has it */

/* We use nothing that differs between versions of this interface. */
unsigned la_version(unsigned version) { return version; }

/* libusb-1.0.so.0, libusb-1.0.so.0.4.0, and names like libusb-1-3f2a.0.so.0 that bundling tools make of them. */
static int is_libusb(const char *name)
{
	const char *slash = strrchr(name, '/'), *file = slash ? slash + 1 : name;
	return !strncmp(file, "libusb-1", 8) && strstr(file, ".so");
}

char *la_objsearch(const char *name, uintptr_t *loader, unsigned flag)
{
	(void)loader;
	char *standin = flag == SEARCH_ORIGINAL && is_libusb(name) ? getenv("CAMTWIN_LIBUSB") : NULL;
	return standin ? standin : (char *)name;
}
