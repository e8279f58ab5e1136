"""Aravis' C library by ctypes: a camera's description, features and memory, and its stream.

Nothing but libaravis-0.8 is needed, whichever Python runs. Debian: libaravis-0.8-0.
Source: the header files of Aravis 0.8; the layout of GError is GLib's.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any, Final

from camtwin.hosts.problem import CameraProblem

LIBRARY: Final = "libaravis-0.8.so.0"
SUCCESS: Final = 0
"""ArvBufferStatus of a whole frame."""


class GError(ctypes.Structure):
    _fields_ = (("domain", c_uint32), ("code", c_int), ("message", c_char_p))


ERROR = POINTER(POINTER(GError))
OBJECT, TEXT = c_void_p, c_char_p
PROTOTYPES: Final[dict[str, tuple[Any, ...]]] = {
    "arv_camera_new": (OBJECT, TEXT, ERROR),
    "arv_camera_get_device": (OBJECT, OBJECT),
    "arv_camera_get_payload": (c_uint32, OBJECT, ERROR),
    "arv_camera_create_stream": (OBJECT, OBJECT, c_void_p, c_void_p, ERROR),
    "arv_camera_start_acquisition": (None, OBJECT, ERROR),
    "arv_camera_stop_acquisition": (None, OBJECT, ERROR),
    "arv_camera_is_gv_device": (c_int, OBJECT),
    "arv_device_get_genicam_xml": (c_void_p, OBJECT, POINTER(c_size_t)),
    "arv_device_read_memory": (c_int, OBJECT, c_uint64, c_uint32, c_void_p, ERROR),
    "arv_device_write_register": (c_int, OBJECT, c_uint64, c_uint32, ERROR),
    "arv_device_set_features_from_string": (c_int, OBJECT, TEXT, ERROR),
    "arv_device_is_feature_available": (c_int, OBJECT, TEXT, ERROR),
    "arv_device_get_string_feature_value": (TEXT, OBJECT, TEXT, ERROR),
    "arv_device_get_integer_feature_value": (c_int64, OBJECT, TEXT, ERROR),
    "arv_device_get_float_feature_value": (c_double, OBJECT, TEXT, ERROR),
    "arv_device_get_boolean_feature_value": (c_int, OBJECT, TEXT, ERROR),
    "arv_device_get_integer_feature_bounds": (
        *(None, OBJECT, TEXT, POINTER(c_int64), POINTER(c_int64), ERROR),
    ),
    "arv_device_get_integer_feature_increment": (c_int64, OBJECT, TEXT, ERROR),
    "arv_device_get_float_feature_bounds": (
        *(None, OBJECT, TEXT, POINTER(c_double), POINTER(c_double), ERROR),
    ),
    "arv_device_set_float_feature_value": (None, OBJECT, TEXT, c_double, ERROR),
    "arv_stream_push_buffer": (None, OBJECT, OBJECT),
    "arv_stream_timeout_pop_buffer": (OBJECT, OBJECT, c_uint64),
    "arv_buffer_new_allocate": (OBJECT, c_size_t),
    "arv_buffer_get_status": (c_int, OBJECT),
    "arv_buffer_get_data": (c_void_p, OBJECT, POINTER(c_size_t)),
    "arv_buffer_has_chunks": (c_int, OBJECT),
    "arv_buffer_get_frame_id": (c_uint64, OBJECT),
    "arv_buffer_get_timestamp": (c_uint64, OBJECT),
    "arv_buffer_get_image_width": (c_int, OBJECT),
    "arv_buffer_get_image_height": (c_int, OBJECT),
    "arv_buffer_get_image_x": (c_int, OBJECT),
    "arv_buffer_get_image_y": (c_int, OBJECT),
    "arv_buffer_get_image_pixel_format": (c_uint32, OBJECT),
    "g_object_unref": (None, OBJECT),
    "g_error_free": (None, c_void_p),
}
"""Functions by name: what they return, and their arguments; those with ERROR at the end may fail."""


@cache
def library() -> Any:
    """Return the library, loaded once. CameraProblem if it is not installed."""
    try:
        loaded = ctypes.CDLL(LIBRARY)
    except OSError:
        raise CameraProblem(f"{LIBRARY} is not installed; Debian: libaravis-0.8-0") from None
    for name, (returns, *arguments) in PROTOTYPES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = returns, arguments
    return loaded


def call(name: str, *arguments: object) -> Any:
    """Call a function; raise the error that it reports.

    Raises:
        CameraProblem: the text of the error
    """
    function = getattr(library(), name)
    if function.argtypes[-1] is not ERROR:
        return function(*arguments)
    error = POINTER(GError)()
    result = function(*arguments, byref(error))
    if error:
        text = (error.contents.message or b"").decode(errors="replace")
        library().g_error_free(error)
        raise CameraProblem(" ".join(text.split())[:300])
    return result


def text(name: str) -> bytes:
    """Return a name or a setting for the library. CameraProblem if it is none that a camera has."""
    if not name.strip() or not name.isprintable():
        raise CameraProblem(f"{name!r:.60}: is no name or setting of a camera")
    return name.encode()
