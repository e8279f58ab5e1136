"""A producer that notes every call on its way to another one, made from the table of signatures.

A note is a line of JSON: [when, thread, function, code, [argument ...]]. Of a pointer to memory it says what
lies there after the call; null is NULL. `size` is [before, after], `to` [whether there is memory, bytes].
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from unit.links.gentl.calls import SIGNATURES

C_TYPES: Final = {
    "cmd": "int32_t",
    "index": "uint32_t",
    "number": "uint64_t",
    "wait": "uint64_t",
    "length": "size_t",
    "id": "const char *",
    "size": "size_t *",
    "count": "uint32_t *",
    "type": "int32_t *",
    "changed": "uint8_t *",
    "handle": "void **",
    "code": "int32_t *",
}
"""Types of parameters; the others are pointers."""
HEAD: Final = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN = 256 };
struct note { char *text; size_t size; FILE *to; };
struct __attribute__((packed)) entry { uint64_t address; void *data; size_t size; };
struct __attribute__((packed)) info { int32_t cmd, type; void *data; size_t size; int32_t result; };

static atomic_ulong turn;

static void *real(const char *name)
{
	static void *library;
	if (!library)
		library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
	void *found = library ? dlsym(library, name) : NULL;
	if (!found) {
		fprintf(stderr, "%s: %s\\n", name, dlerror());
		abort();
	}
	return found;
}

static void hex(struct note *note, const void *at, size_t bytes)
{
	fputc('"', note->to);
	for (size_t i = 0; at && i < bytes && i < SHOWN; i++)
		fprintf(note->to, "%02x", ((const uint8_t *)at)[i]);
	fputc('"', note->to);
}

static void infos(struct note *note, const struct info *at, size_t count)
{
	for (size_t i = 0; at && i < count; i++)
		fprintf(note->to, "%s[%d,%d,%zu,%d,%d]", i ? "," : "",
			at[i].cmd, at[i].type, at[i].size, at[i].result, !!at[i].data);
}

static void entries(struct note *note, const struct entry *at, size_t count)
{
	for (size_t i = 0; at && i < count; i++) {
		fprintf(note->to, "%s[%llu,%zu,", i ? "," : "", (unsigned long long)at[i].address, at[i].size);
		hex(note, at[i].data, at[i].size);
		fputc(']', note->to);
	}
}

static void begin(struct note *note, unsigned long when, const char *name)
{
	note->to = open_memstream(&note->text, &note->size);
	fprintf(note->to, "[%lu,%d,\"%s\",", when, gettid(), name);
}

static void end(struct note *note)
{
	fputs("]\n", note->to);
	fclose(note->to);
	int fd = open(LOG, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, note->text, note->size) != (ssize_t)note->size)
		abort();
	close(fd);
	free(note->text);
}
"""
SHOWS: Final = {
    **dict.fromkeys(("cmd", "index", "wait", "length", "number"), 'fprintf(n.to, "%lld", (long long){0});'),
    "id": 'fprintf(n.to, {0} ? "\\"%s\\"" : "null", {0});',
    "from": "hex(&n, {0}, {much});",
    "to": "fprintf(n.to, \"[%d,\", !!{0}); hex(&n, code ? NULL : {0}, {much}); fputc(']', n.to);",
    "size": 'fprintf(n.to, {0} ? "[%zu,%zu]" : "null", before, {0} ? *{0} : 0);',
    "stack": "fputc('[', n.to); infos(&n, {0}, {much}); fputc(']', n.to);",
    "entries": "fputc('[', n.to); entries(&n, {0}, {much}); fputc(']', n.to);",
    **dict.fromkeys(
        ("count", "type", "code", "changed"), 'fprintf(n.to, {0} ? "[%d]" : "null", {0} ? (int)*{0} : 0);'
    ),
    "handle": 'fprintf(n.to, {0} ? "[%lld]" : "null", {0} ? (long long)(intptr_t)*{0} : 0);',
}
"""Statements that note an argument."""
PLAIN: Final = 'fprintf(n.to, "%lld", (long long)(intptr_t){0});'
"""The statement for handles, and for pointers of the program's."""
EARLY: Final = ("EventKill",)
"""Functions noted in the order in which they are called; of others, in which they return."""


def function(name: str, kinds: Sequence[str]) -> str:
    """Write one function of the shim."""
    types = [C_TYPES.get(kind, "void *") for kind in kinds]
    places = {kind: f"a{i}" for i, kind in enumerate(kinds)}
    args = ", ".join(f"a{i}" for i in range(len(kinds)))
    size = places.get("size")
    much = f"({size} ? *{size} : 0)" if size else places.get("length", "0")
    shown = [SHOWS.get(kind, PLAIN).format(f"a{i}", much=much) for i, kind in enumerate(kinds)]
    given = ", ".join(f"{kind} a{i}" for i, kind in enumerate(types)) or "void"
    lines = [
        f"int32_t {name}({given})",
        "{",
        f'\tint32_t (*to)({", ".join(types) or "void"}) = real("{name}");',
        f"\tsize_t before = {size} ? *{size} : 0;" if size else "",
        "\tunsigned long when = turn++;",
        f"\tint32_t code = to({args});",
        "" if name in EARLY else "\twhen = turn++;",
        "\tstruct note n;",
        f'\tbegin(&n, when, "{name}");',
        '\tfprintf(n.to, "%d,[", code);',
        "\n\tfputc(',', n.to);\n".join(f"\t{each}" for each in shown),
        "\tfputc(']', n.to);",
        "\tend(&n);",
        "\treturn code;",
        "}",
    ]
    return "\n".join(filter(None, lines))


def built(real: str, folder: Path, log: Path) -> Path:
    """Compile a shim before a producer, and return its path; calls are noted in `log`."""
    source, made = folder / "shim.c", folder / "shim.cti"
    source.write_text(HEAD + "\n\n".join(function(*each) for each in SIGNATURES.items()), encoding="utf-8")
    names = [f'-DREAL="{real}"', f'-DLOG="{log}"']
    how = ("-std=gnu11", "-O1", "-fPIC", "-shared", "-pthread", "-Wall", "-Werror", "-Wno-unused-function")
    subprocess.run(["cc", *how, *names, "-o", made, source, "-ldl"], check=True)
    return made
