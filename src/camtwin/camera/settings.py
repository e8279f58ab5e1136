"""Settings: everything that a host can set, as one frozen dataclass.

A frame carries the Settings it was taken with. Attributes are SFNC names, plus the unit a value is held
in where the host sees another one: `ExposureTime_ns`, `Gain_dB["All"]`.
"""

from __future__ import annotations

from camtwin.camera.features.acquisition_control import AcquisitionControl
from camtwin.camera.features.action_control import ActionControl
from camtwin.camera.features.analog_control import AnalogControl
from camtwin.camera.features.auto_control import AutoFeatureControl
from camtwin.camera.features.chunk_data_control import ChunkDataControl
from camtwin.camera.features.counter_and_timer_control import CounterAndTimerControl
from camtwin.camera.features.device_control import DeviceControl
from camtwin.camera.features.digital_io_control import DigitalIOControl
from camtwin.camera.features.event_control import EventControl
from camtwin.camera.features.file_access_control import FileAccessControl
from camtwin.camera.features.image_format_control import ImageFormatControl
from camtwin.camera.features.lut_control import LUTControl
from camtwin.camera.features.sequencer_control import SequencerControl
from camtwin.camera.features.software_signal_control import SoftwareSignalControl
from camtwin.camera.features.transport_layer_control import TransportLayerControl
from camtwin.camera.features.user_set_control import UserSetControl
from camtwin.camera.features.vendor.basler import Basler, UserDefinedValueControl
from camtwin.camera.features.vendor.baumer import Baumer, CustomDataControl, DefectPixelControl
from camtwin.camera.features.vendor.ids import Ids
from camtwin.camera.features.vendor.sony import SensorModeControl


class Settings(
    DeviceControl,
    ImageFormatControl,
    SensorModeControl,
    AcquisitionControl,
    AnalogControl,
    AutoFeatureControl,
    LUTControl,
    DefectPixelControl,
    ChunkDataControl,
    UserSetControl,
    UserDefinedValueControl,
    CustomDataControl,
    DigitalIOControl,
    CounterAndTimerControl,
    SoftwareSignalControl,
    EventControl,
    ActionControl,
    SequencerControl,
    FileAccessControl,
    TransportLayerControl,
    Baumer,
    Basler,
    Ids,
):
    """All chapters together; a model's data sheet selects from their features.

    Their order is that of the description's categories, and of adjustments when limits move: a setting that
    is declared first is adjusted first (`Tree.fit`). A maker's own features follow the feature that they name
    (`after`), so the order of makers does not matter.
    """
