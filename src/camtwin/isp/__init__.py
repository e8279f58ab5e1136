"""The host's image pre-processing, from raw frames to images. It knows no twin; noise and colours are inputs.

    from camtwin import isp
    pipeline = isp.preset("balanced", raw.mosaic, calibration)
    image, statistics = pipeline.process(raw, threads=2)      # (H, W, 3) uint8, red, green, blue

numba is imported at the first frame, not with this package.
"""

from camtwin.isp.colour_table import ColourTable
from camtwin.isp.finish import ColourMatrix, Downscale, LookUp, Mirror, Tone
from camtwin.isp.image import Frame, Image, Kind, Payload, Raw, raw_of
from camtwin.isp.light_stages import BlackLevel, FlatField, Shading, WhiteBalance, flat_field_of, shading_of
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.noise import NoiseModel, photon_transfer
from camtwin.isp.pipeline import Pipeline
from camtwin.isp.presets import Calibration, ColourPoint, demosaic_and_display, full_pipeline, preset
from camtwin.isp.raw_stages import Bin, Crop, Decimate, DefectPixels, Measure
from camtwin.isp.root_of_light import Demosaic, Root
from camtwin.isp.root_stages import EdgeEnhancement, FalseColour, NoiseReduction
from camtwin.isp.statistics import Statistics

__all__ = [
    "Bin",
    "BlackLevel",
    "Calibration",
    "ColourMatrix",
    "ColourPoint",
    "ColourTable",
    "Crop",
    "Decimate",
    "DefectPixels",
    "Demosaic",
    "Downscale",
    "EdgeEnhancement",
    "FalseColour",
    "FlatField",
    "Frame",
    "Image",
    "IspProblem",
    "Kind",
    "LookUp",
    "Measure",
    "Mirror",
    "NoiseModel",
    "NoiseReduction",
    "Payload",
    "Pipeline",
    "Raw",
    "Root",
    "Shading",
    "Statistics",
    "Tone",
    "WhiteBalance",
    "demosaic_and_display",
    "flat_field_of",
    "full_pipeline",
    "photon_transfer",
    "preset",
    "raw_of",
    "shading_of",
]
