"""Structures and numbers against Linux' own headers, which a C compiler reads."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from camtwin.wire.v4l2 import controls, ioctls, media, subdevice, video
from camtwin.wire.v4l2.layout import Layout, offsets

STRUCTURES: dict[str, type[Layout]] = {
    "v4l2_capability": video.Capability,
    "v4l2_fmtdesc": video.FormatDescription,
    "v4l2_pix_format": video.PixFormat,
    "v4l2_format": video.Format,
    "v4l2_fract": video.Fraction,
    "v4l2_rect": video.Rectangle,
    "v4l2_requestbuffers": video.RequestBuffers,
    "v4l2_timecode": video.Timecode,
    "v4l2_buffer": video.Buffer,
    "v4l2_exportbuffer": video.ExportBuffer,
    "v4l2_create_buffers": video.CreateBuffers,
    "v4l2_captureparm": video.CaptureParameters,
    "v4l2_streamparm": video.StreamParameters,
    "v4l2_input": video.Input,
    "v4l2_frmsizeenum": video.FrameSize,
    "v4l2_frmsize_discrete": video.Size,
    "v4l2_frmivalenum": video.FrameInterval,
    "v4l2_frmival_stepwise": video.IntervalRange,
    "v4l2_mbus_framefmt": video.BusFormat,
    "v4l2_control": controls.ControlValue,
    "v4l2_ext_control": controls.ExtControl,
    "v4l2_ext_controls": controls.ExtControls,
    "v4l2_queryctrl": controls.QueryControl,
    "v4l2_query_ext_ctrl": controls.QueryExtControl,
    "v4l2_querymenu": controls.QueryMenu,
    "v4l2_event_subscription": controls.Subscription,
    "v4l2_event": controls.Event,
    "v4l2_event_ctrl": controls.ControlEvent,
    "v4l2_event_frame_sync": controls.FrameSync,
    "v4l2_subdev_capability": subdevice.SubdeviceCapability,
    "v4l2_subdev_format": subdevice.PadFormat,
    "v4l2_subdev_crop": subdevice.PadCrop,
    "v4l2_subdev_mbus_code_enum": subdevice.BusCode,
    "v4l2_subdev_frame_size_enum": subdevice.PadFrameSize,
    "v4l2_subdev_selection": subdevice.PadSelection,
    "media_device_info": media.DeviceInfo,
    "media_entity_desc": media.EntityDescription,
    "media_pad_desc": media.PadDescription,
    "media_link_desc": media.LinkDescription,
    "media_links_enum": media.LinksEnum,
    "media_v2_intf_devnode": media.NodeNumbers,
    "media_v2_entity": media.Entity,
    "media_v2_interface": media.Interface,
    "media_v2_pad": media.Pad,
    "media_v2_link": media.Link,
    "media_v2_topology": media.Topology,
}
OTHER_NAMES = {
    (video.Format, "pix"): "fmt",
    (video.StreamParameters, "parameters"): "parm",
    (video.Timecode, "numbers"): "frames",
    (video.Buffer, "place"): "m",
    (video.FrameSize, "size"): "discrete",
    (video.FrameInterval, "interval"): "discrete",
    (controls.QueryMenu, "item"): "name",
    (controls.Event, "data"): "u",
    (media.EntityDescription, "device"): "dev",
    (media.Interface, "device"): "devnode",
    (media.Topology, "entities"): "num_entities",
    (media.Topology, "interfaces"): "num_interfaces",
    (media.Topology, "pads"): "num_pads",
    (media.Topology, "links"): "num_links",
}
"""Names of fields in the headers, where ours are others."""
MEDIA = {"DEVICE_INFO", "ENUM_ENTITIES", "ENUM_LINKS", "SETUP_LINK", "G_TOPOLOGY"}
CONSTANTS = {
    "V4L2_CAP_VIDEO_CAPTURE": video.CAP_VIDEO_CAPTURE,
    "V4L2_CAP_EXT_PIX_FORMAT": video.CAP_EXT_PIX_FORMAT,
    "V4L2_CAP_READWRITE": video.CAP_READWRITE,
    "V4L2_CAP_STREAMING": video.CAP_STREAMING,
    "V4L2_CAP_DEVICE_CAPS": video.CAP_DEVICE_CAPS,
    "V4L2_FMT_FLAG_EMULATED": video.FMT_EMULATED,
    "V4L2_PIX_FMT_PRIV_MAGIC": video.PIX_FMT_PRIV_MAGIC,
    "V4L2_COLORSPACE_RAW": video.COLORSPACE_RAW,
    "V4L2_XFER_FUNC_NONE": video.XFER_FUNC_NONE,
    "V4L2_BUF_FLAG_PREPARED": video.BUF_PREPARED,
    "V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC": video.BUF_TIMESTAMP_MONOTONIC,
    "V4L2_BUF_FLAG_REQUEST_FD": video.BUF_REQUEST_FD,
    "V4L2_INPUT_TYPE_CAMERA": video.INPUT_CAMERA,
    "V4L2_FRMIVAL_TYPE_CONTINUOUS": video.FRAME_INTERVAL_CONTINUOUS,
    "V4L2_SEL_TGT_NATIVE_SIZE": video.SEL_NATIVE_SIZE,
    "V4L2_CTRL_TYPE_INTEGER_MENU": controls.INTEGER_MENU,
    "V4L2_CTRL_TYPE_CTRL_CLASS": controls.CLASS,
    "V4L2_CTRL_TYPE_INTEGER64": controls.INTEGER64,
    "V4L2_CTRL_FLAG_WRITE_ONLY": controls.WRITE_ONLY,
    "V4L2_CTRL_FLAG_SLIDER": controls.SLIDER,
    "V4L2_CTRL_WHICH_DEF_VAL": controls.DEFAULT_VALUES,
    "V4L2_CTRL_WHICH_REQUEST_VAL": controls.REQUEST_VALUES,
    "V4L2_CID_MAX_CTRLS": controls.MAX_CONTROLS,
    "V4L2_EVENT_FRAME_SYNC": controls.EVENT_FRAME_SYNC,
    "MEDIA_BUS_FMT_SRGGB10_1X10": subdevice.BUS_CODES["rggb", 10],
    "MEDIA_BUS_FMT_SGRBG10_1X10": subdevice.BUS_CODES["grbg", 10],
    "MEDIA_BUS_FMT_SGBRG10_1X10": subdevice.BUS_CODES["gbrg", 10],
    "MEDIA_BUS_FMT_SBGGR10_1X10": subdevice.BUS_CODES["bggr", 10],
    "MEDIA_BUS_FMT_SRGGB12_1X12": subdevice.BUS_CODES["rggb", 12],
    "MEDIA_BUS_FMT_SGRBG12_1X12": subdevice.BUS_CODES["grbg", 12],
    "MEDIA_BUS_FMT_SGBRG12_1X12": subdevice.BUS_CODES["gbrg", 12],
    "MEDIA_BUS_FMT_SBGGR12_1X12": subdevice.BUS_CODES["bggr", 12],
    "MEDIA_ENT_F_CAM_SENSOR": media.ENTITY_SENSOR,
    "MEDIA_ENT_F_IO_V4L": media.ENTITY_CAPTURE,
    "MEDIA_ENT_F_VID_IF_BRIDGE": media.ENTITY_BRIDGE,
    "MEDIA_ENT_F_V4L2_SUBDEV_UNKNOWN": media.OLD_SUBDEVICE,
    "MEDIA_INTF_T_V4L_SUBDEV": media.INTERFACE_SUBDEVICE,
    "MEDIA_LNK_FL_INTERFACE_LINK": media.LINK_INTERFACE,
}
"""Constants whose value is easily mistyped."""


def numbers() -> dict[str, int]:
    """Return the numbers of ioctls by their names in the headers."""
    found = {name: value for name, value in vars(ioctls).items() if name.isupper() and name not in ("INT",)}
    return {
        f"{'MEDIA_IOC' if name in MEDIA else 'VIDIOC'}_{name}": value
        for name, value in found.items()
        if isinstance(value, int)
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, int]:
    """Values of C expressions, as a compiler has them."""
    compiler = shutil.which("cc")
    assert compiler, "no C compiler here; Debian: apt-get install gcc libc6-dev"
    wanted = [f"sizeof(struct {name})" for name in STRUCTURES]
    for name, kind in STRUCTURES.items():
        for each in fields(kind):  # type: ignore[arg-type]
            wanted.append(f"offsetof(struct {name}, {OTHER_NAMES.get((kind, each.name), each.name)})")
    wanted += [*numbers(), *CONSTANTS]
    lines = [f'\tprintf("%llu\\n", (unsigned long long)(unsigned)({one}));' for one in wanted]
    text = "\n".join(
        [
            *(f"#include <{name}>" for name in ("stdio.h", "stddef.h", "linux/videodev2.h")),
            *(f"#include <linux/{name}.h>" for name in ("v4l2-subdev", "media", "media-bus-format")),
            *("int main(void)", "{", *lines, "\treturn 0;", "}"),
        ]
    )
    folder: Path = tmp_path_factory.mktemp("headers")
    (folder / "told.c").write_text(text)
    subprocess.run([compiler, "-w", "-o", folder / "told", folder / "told.c"], check=True)
    said = subprocess.run([folder / "told"], check=True, capture_output=True, text=True).stdout
    return dict(zip(wanted, map(int, said.split()), strict=True))


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_structure_has_the_size_and_the_fields_of_the_header(name, told):
    kind = STRUCTURES[name]
    assert kind.sizeof() == told[f"sizeof(struct {name})"]
    names = [OTHER_NAMES.get((kind, each), each) for each in offsets(kind)]
    assert [*offsets(kind).values()] == [told[f"offsetof(struct {name}, {each})"] for each in names]


def test_ioctls_have_the_numbers_of_the_header(told):
    assert numbers() == {name: told[name] for name in numbers()}


def test_constants_are_those_of_the_header(told):
    assert {name: told[name] for name in CONSTANTS} == CONSTANTS


def test_every_structure_is_compared():
    everything = {
        kind
        for module in (video, controls, subdevice, media)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Layout) and kind is not Layout
    }
    assert everything - set(STRUCTURES.values()) == {video.Time, media.Counted}
