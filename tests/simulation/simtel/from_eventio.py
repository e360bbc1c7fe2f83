"""What eventio read out of a block, given back to our writer."""

import io
import struct
from dataclasses import fields

import numpy as np
from eventio.base import KNOWN_OBJECTS, read_header

from cta_columnar.simulation.simtel import (
    adc,
    atmospheres,
    cameras,
    histograms,
    history,
    images,
    monitoring,
    photoelectrons,
    pixel_timing,
    readouts,
    runs,
    showers,
    telescope_events,
    triggers,
)
from cta_columnar.simulation.simtel.framing import block


def parse(block_type, version, ident, payload):
    """What eventio makes of a payload."""
    raw = block(block_type, ident, payload, version=version)
    stream = io.BytesIO(raw)
    header = read_header(stream, offset=0)
    return KNOWN_OBJECTS[block_type](header, stream).parse()


def make(kind, content, /, **more):
    """Fill one of the writer's classes with values of the same name."""
    names = {name.lower(): name for name in content}
    known = {
        field.name: content[names[field.name]]
        for field in fields(kind)
        if field.name in names and field.name not in more
    }
    return kind(**known, **more)


def camera_settings(d, version):
    more = {}
    if "effective_focal_length_x" in d:
        more["asymmetry"] = tuple(
            d[f"effective_focal_length_{k}"] for k in ("x", "y", "dx", "dy")
        )
    if not d.get("curved_surface"):
        more["pixel_z"] = None
    if d["pixels_parallel"]:
        more["nxpix"] = more["nypix"] = None
    if d["common_pixel_shape"]:
        for name in ("pixel_shape", "pixel_area", "pixel_size"):
            more[name] = d[name][0]
    return cameras.camera_settings(make(cameras.CameraSettings, d, **more), version)


def pixel_settings(d, version):
    more = {} if version >= 3 else {"sum_offset": 0}
    if version < 2:
        more |= {"ref_shape": np.ones((1, 1)), "ref_step": 1.0}
    if version < 1:
        more |= {"time_slice": 1.0, "sum_bins": 1}
    return readouts.pixel_settings(make(readouts.PixelSettings, d, **more), version)


def camera_software(d, _):
    names = list(d)
    start = names.index("dyn_trig_mode")
    end = names.index("unbiased_scale")
    modes = [d[name] for name in names[start : start + 6]]
    periods = [d[name] for name in names[end : end + 8]]
    return readouts.camera_software(modes, d["zero_sup_thresholds"], periods)


def drive_settings(d, _):
    names = (field.name for field in fields(readouts.DriveSettings))
    pairs = {name: (d[f"{name}_az"], d[f"{name}_alt"]) for name in names}
    return readouts.drive_settings(readouts.DriveSettings(**pairs))


def camera_monitoring(d, version):
    m = monitoring
    makers = {
        m.STATUS: (m.status_part, "status_time", "status_bits"),
        m.PEDESTALS: (
            *(m.pedestals_part, "ped_noise_time"),
            *("n_ped_slices", "pedestal", "noise"),
        ),
        m.TEMPERATURES: (
            *(m.temperatures_part, "hv_temp_time", "hv_v_mon", "hv_i_mon"),
            *("hv_stat", "drawer_temp", "camera_temp"),
        ),
        m.CURRENTS: (m.currents_part, "dc_rate_time", "current", "scaler"),
        m.THRESHOLDS: (
            *(m.thresholds_part, "hv_thr_time", "hv_dac"),
            *("thresh_dac", "hv_set", "trig_set"),
        ),
    }
    parts = {
        bit: maker(*(d[name] for name in names))
        for bit, (maker, *names) in makers.items()
        if d["what"] & bit
    }
    if d["what"] & m.RATES:
        counts, rates = ("coinc_count", "event_count"), ("event_rate", "data_rate")
        parts[m.RATES] = m.rates_part(
            d["trig_time"],
            tuple(d[name] for name in counts),
            d["trigger_rate"],
            d["sector_rate"],
            tuple(d[name] for name in (*rates, "mean_significant")),
        )
    if d["what"] & m.DAQ:
        names = ("daq_conf", "daq_scaler_win", "daq_nd", "daq_acc", "daq_nl")
        settings = tuple(d[name] for name in names)
        parts[m.DAQ] = m.daq_part(d["set_daq_time"], settings)
    return m.camera_monitoring(make(m.CameraMonitoring, d, parts=parts), version)


def laser_calibration(d, version):
    content = make(monitoring.LaserCalibration, d)
    return monitoring.laser_calibration(content, version)


def pixel_monitoring(d, _):
    state = {name: d[name] for name in monitoring.PIXEL_STATE if name in d}
    sizes = d["n_pixels"], d["n_gains"]
    return monitoring.pixel_monitoring(*sizes, state, d.get("disabled"))


def mc_shower(d, version):
    profiles = [
        showers.Profile(p["id"], p["start"], p["end"], p["content"])
        for p in d["profiles"]
    ]
    more = {"depth_start": 0.0} if version < 1 else {}
    if version >= 2:
        extra = make(showers.ExtraParameters, d["mc_extra_params"])
        more["mc_extra_params"] = extra
    content = make(showers.McShower, d, profiles=profiles, **more)
    return showers.mc_shower(content, version)


def mc_event(d, version):
    core = (d["xcore"], d["ycore"])
    return showers.mc_event(d["shower_num"], core, d["aweight"], version)


def photo_electron_sums(d, version):
    content = make(showers.PhotoElectronSums, d)
    return showers.photo_electron_sums(d["shower_num"], content, version)


def photo_electrons(d, version):
    return photoelectrons.photo_electrons(
        d["n_pixels"],
        d["pixel_id"].astype(np.int32),
        d["time"],
        d.get("amplitude"),
        d.get("photons"),
        version,
    )


def array_trigger(d, version):
    comp = d.get("plane_wavefront_compensation", {})
    content = make(
        triggers.ArrayTrigger,
        d | comp,
        tel_id=d["triggered_telescopes"],
        time=d["trigger_times"],
        mask=d["teltrg_type_mask"].astype(np.int64),
        data_tel_id=d["telescopes_with_data"],
        time_by_type=d["teltrg_time_by_type"],
    )
    return triggers.array_trigger(content, version)


def telescope_header(d, version):
    kind = telescope_events.TelescopeEventHeader
    return telescope_events.telescope_event_header(make(kind, d), version)


def adc_samples(values, _):
    return b"".join(map(bytes, adc.adc_samples(np.atleast_3d(values))))


def pixel_list(d, version):
    return telescope_events.pixel_list(d["pixel_list"], version)


def timing(d, version):
    content = make(pixel_timing.PixelTiming, d)
    return pixel_timing.pixel_timing(content, version)


def image_parameters(d, version):
    groups = {
        "moments": ("amplitude", "x", "y", "phi", "l", "w"),
        "errors": ("x_err", "y_err", "phi_err", "l_err", "w_err"),
        "higher_moments": ("skewness", "skewness_err", "kurtosis", "kurtosis_err"),
        "timing": ("tm_slope", "tm_residual", "tm_width1", "tm_width2", "tm_rise"),
    }
    more = {
        group: tuple(d[name] for name in names) if names[0] in d else ()
        for group, names in groups.items()
    }
    return images.image_parameters(make(images.ImageParameters, d, **more), version)


def stereo(d, _):
    names = (
        ("Az", "Alt"),
        ("err_dir1", "err_dir2", "err_dir3"),
        ("xc", "yc"),
        ("err_core1", "err_core2", "err_core3"),
        ("mscl", "mscw"),
        ("err_mscl", "err_mscw"),
        *(("energy",), ("err_energy",), ("xmax",), ("err_xmax",)),
    )
    groups = [[d[name] for name in group if name in d] for group in names]
    seen = [bit + 1 for bit in range(32) if d["img_pattern"] >> bit & 1]
    return images.stereo_reconstruction(d["n_trg"], d["n_read"], seen, groups)[1]


def histogram_block(contents, _):
    made = []
    for h in contents:
        axes = [
            histograms.Axis(
                n_bins=h[f"n_bins_{a}"],
                **{
                    name: h[f"{name}_{a}"]
                    for name in ("lower", "upper", "underflow", "overflow")
                },
                sum=h[f"sum_{a}"],
                tsum=h[f"tsum_{a}"],
            )
            for a in "xy"
            if h[f"n_bins_{a}"] > 0
        ]
        more = {"ident": h["id"], "kind": h["type"], "axes": axes}
        made.append(make(histograms.Histogram, h, **more))
    return histograms.histograms(made)


def input_card(text, _):
    return history.input_card(bytes(text).split(b"\n")[:-1])


WRITERS = {
    71: lambda d, _: history.history_line(*d),
    72: lambda d, _: history.history_line(*d),
    75: lambda d, _: history.metadata(d),
    100: histogram_block,
    1208: photo_electrons,
    1212: input_card,
    1216: lambda d, version: atmospheres.atmospheric_profile(
        make(atmospheres.AtmosphericProfile, d, htoa=d["htoa"] or 0.0), version
    ),
    2000: lambda d, version: runs.run_header(make(runs.RunHeader, d), version),
    2001: lambda d, _: runs.mc_run_header(make(runs.McRunHeader, d)),
    2002: camera_settings,
    2003: lambda d, version: cameras.camera_organization(
        make(cameras.CameraOrganization, d), version
    ),
    2004: pixel_settings,
    2005: lambda d, _: cameras.disabled_pixels(d["trigger_disabled"], d["HV_disabled"]),
    2006: camera_software,
    2007: lambda d, _: readouts.pointing_correction(
        d["function_type"], d["pointing_param"]
    ),
    2008: drive_settings,
    2009: array_trigger,
    2011: telescope_header,
    2012: lambda values, _: b"".join(map(bytes, adc.adc_sums(values))),
    2013: adc_samples,
    2014: image_parameters,
    2015: stereo,
    2016: timing,
    2020: mc_shower,
    2021: mc_event,
    2022: camera_monitoring,
    2023: laser_calibration,
    2026: photo_electron_sums,
    2027: pixel_list,
    2030: lambda d, _: adc.analog_traces(d["tel_id"], d["time_scale"], d["trace_data"]),
    2032: lambda d, _: telescope_events.pixel_trigger_times(
        d["time_step"], d["pixel_ids"], d["trigger_times"]
    ),
    2029: lambda d, _: adc.digital_traces(
        d["tel_id"], d["time_scale"], d["trace_data"].astype(np.uint16)
    ),
    2033: pixel_monitoring,
}


def tracking(payload):
    """Tracking positions: eventio finds their kind by the type of each telescope."""
    values = struct.unpack(f"<{len(payload) // 4}f", payload)
    pairs = [values[:2] or None, values[2:] or None]
    return telescope_events.tracking_position(*pairs)
