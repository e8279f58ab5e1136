"""VmbPy, Allied Vision's GenTL client, on the twins that run: python vmbpy_session.py MODEL, JSON on stdout.

A copy of the package is imported whose VmbC.xml lets our producer in (peers/gentl.py, `let_in`): VmbC refuses
makers that it does not know.
"""

# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import vmbpy

import camtwin

PATIENCE_s = 20


def until(enough: Any) -> None:
    end = time.monotonic() + PATIENCE_s
    while not enough() and time.monotonic() < end:
        time.sleep(0.01)


def refusal(call: Any) -> str:
    try:
        call()
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def apply(camera: Any, **values: Any) -> None:
    for name, value in values.items():
        camera.get_feature_by_name(name).set(value)


def streamed(camera: Any, mode: Any, count: int, take: Any) -> list[Any]:
    """Return what `take` says of each of so many frames."""
    got: list[Any] = []

    def handler(camera: Any, _stream: Any, frame: Any) -> None:
        if len(got) < count:
            got.append(take(frame))
        camera.queue_frame(frame)

    camera.start_streaming(handler, buffer_count=8, allocation_mode=mode)
    until(lambda: len(got) >= count)
    camera.stop_streaming()
    return got


def whole(frame: Any) -> list[Any]:
    data = frame.as_numpy_ndarray()
    status = frame.get_status() == vmbpy.FrameStatus.Complete
    return [frame.get_id(), status, list(data.shape), len(set(data[0, :, 0].tolist())), frame.get_timestamp()]


def chunk(frame: Any) -> float:
    values: list[float] = []
    frame.access_chunk_data(
        lambda chunks: values.append(chunks.get_feature_by_name("ChunkExposureTime").get())
    )
    return values[0]


def everything(model: str) -> dict[str, Any]:
    system, got = vmbpy.VmbSystem.get_instance(), {}
    system.set_path_configuration(os.path.dirname(camtwin.gentl.path()))
    with system:
        got["layers"] = [[t.get_vendor(), t.get_id()] for t in system.get_all_transport_layers()]
        got["interfaces"] = [[i.get_id(), i.get_type().name] for i in system.get_all_interfaces()]
        cameras = {c.get_model(): c for c in system.get_all_cameras()}
        got["cameras"] = {
            name: [c.get_id(), c.get_serial(), [m.name for m in c.get_permitted_access_modes()]]
            for name, c in cameras.items()
        }
        with cameras[model] as camera:
            exposure = camera.get_feature_by_name("ExposureTime")
            apply(
                camera, TriggerMode="Off", PixelFormat="Mono8", Width=640, Height=480, ChunkModeActive=False
            )
            apply(camera, AcquisitionFrameRateEnable=True, AcquisitionFrameRate=40.0, ExposureTime=2500.0)
            got["exposure"] = exposure.get()
            got["above the limit"] = refusal(lambda: exposure.set(1e12))
            got["local"] = len(camera.get_local_device().get_all_features())
            got["stream"] = camera.get_streams()[0].get_feature_by_name("StreamType").get().as_tuple()
            for mode in (vmbpy.AllocationMode.AnnounceFrame, vmbpy.AllocationMode.AllocAndAnnounceFrame):
                got[mode.name] = streamed(camera, mode, 15, whole)
            apply(camera, ChunkModeActive=True, ChunkSelector="ExposureTime")
            apply(camera, ChunkEnable=True)
            got["chunks"] = streamed(camera, vmbpy.AllocationMode.AnnounceFrame, 3, chunk)
            apply(camera, ChunkModeActive=False, TriggerMode="On", TriggerSource="Software")
            apply(camera, EventSelector="ExposureEnd", EventNotification="On")
            heard: list[int] = []
            stamp = camera.get_feature_by_name("EventExposureEndTimestamp")
            stamp.register_change_handler(lambda feature: heard.append(feature.get()))
            taken: list[int] = []

            def handler(camera: Any, _stream: Any, frame: Any) -> None:
                taken.append(frame.get_timestamp())
                camera.queue_frame(frame)

            camera.start_streaming(handler)
            for number in range(3):
                camera.get_feature_by_name("TriggerSoftware").run()
                until(lambda number=number: len(taken) > number)
            time.sleep(0.2)
            camera.stop_streaming()
            got["triggered"], got["heard"] = taken, heard
            apply(camera, EventNotification="Off", TriggerMode="Off", AcquisitionFrameRateEnable=False)
    return got


if __name__ == "__main__":
    json.dump(everything(*sys.argv[1:]), sys.stdout)
