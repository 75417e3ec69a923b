"""What may be opened at all, and ffmpeg's names for what is found in it."""

from __future__ import annotations

from types import MappingProxyType

MOVIE_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mxf", "mxf_opatom", "avi", "mpegts", "mpeg", "mpegvideo", "flv",
    "asf", "ogg", "dv", "gxf", "lxf", "nut", "ivf", "obu", "h264", "hevc", "m4v", "yuv4mpegpipe", "wtv", "r3d",
    "cine", "rm",
)  # fmt: skip
"""Containers of moving pictures. None of them names other files or addresses to read: no playlists
(`hls`, `dash`, `sdp`, `rtsp`, `concat`, `imf`), no scripts (`avisynth`, `lavfi`), no capture devices."""

ANIMATION_DEMUXERS = ("gif", "apng", "webp", "webp_anim", "jpegxl_anim")
"""Images that may move; one frame of them is a still."""

RAW_DEMUXERS = ("h264", "hevc", "m4v", "mpegvideo", "obu")
"""Bare streams of a codec: no time stamps, and not every packet is a picture."""

STILL_DEMUXERS = (
    "exr_pipe", "png_pipe", "jpeg_pipe", "dpx_pipe", "tiff_pipe", "bmp_pipe", "webp_pipe", "sgi_pipe", "j2k_pipe",
    "jpegxl_pipe", "hdr_pipe", "psd_pipe", "pam_pipe", "pbm_pipe", "pgm_pipe", "ppm_pipe", "pfm_pipe", "phm_pipe",
    "pcx_pipe", "dds_pipe", "sunrast_pipe", "gif_pipe", "qoi_pipe", "cri_pipe", "gem_pipe", "image2",
)  # fmt: skip
AUDIO_DEMUXERS = ("wav", "w64", "aiff", "flac", "mp3", "aac", "ac3", "eac3", "caf", "opus", "au", "dts", "amr")

FORMAT_WHITELIST = ",".join((*MOVIE_DEMUXERS, *ANIMATION_DEMUXERS, *STILL_DEMUXERS, *AUDIO_DEMUXERS))
"""For ffmpeg's and PyAV's `format_whitelist`."""

PROTOCOL_WHITELIST = "file,pipe"
"""Nothing that reaches the network, and no `concat:` or `subfile:` addresses."""

IMAGE_EXTENSIONS = frozenset({
    "exr", "sxr", "dpx", "cin", "tif", "tiff", "png", "jpg", "jpeg", "tga", "bmp", "webp", "sgi", "rgb", "jp2",
    "j2k", "j2c", "jxl", "hdr", "psd", "pam", "pbm", "pgm", "ppm", "pfm", "phm", "pcx", "dds", "qoi", "gif",
})  # fmt: skip
"""What a folder is searched for; a file or pattern that is named itself may have any extension."""

MOVIE_EXTENSIONS = frozenset({
    "mov", "mp4", "m4v", "mkv", "webm", "mxf", "avi", "mpg", "mpeg", "ts", "m2ts", "mts", "wmv", "asf", "flv",
    "3gp", "ogv", "dv", "gxf", "y4m", "r3d", "cine",
})  # fmt: skip

RANGES = MappingProxyType({1: "tv", 2: "pc"})
MATRICES = MappingProxyType({
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc",
    10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc", 13: "chroma-derived-c", 14: "ictcp", 15: "ipt-c2",
    16: "ycgco-re", 17: "ycgco-ro",
})  # fmt: skip
PRIMARIES = MappingProxyType({
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020", 10: "smpte428",
    11: "smpte431", 12: "smpte432", 22: "ebu3213",
})  # fmt: skip
TRANSFERS = MappingProxyType({
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100", 10: "log316",
    11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084",
    17: "smpte428", 18: "arib-std-b67",
})  # fmt: skip
"""ITU-T H.273 code points by the names ffmpeg prints and accepts; 2 (unspecified) is left out on purpose."""

LOG_TRANSFER = "printing density"
"""Our word for the logarithm of film scans."""
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
"""PQ and HLG: shown without tone mapping they look grey and flat."""

FIELD_ORDERS = MappingProxyType({0: "unknown", 1: "progressive", 2: "tt", 3: "bb", 4: "tb", 5: "bt"})


def container_name(demuxer: str) -> str:
    """The name for `-f`: the first of a demuxer's names, and `image2` for any single image."""
    return "image2" if demuxer.endswith("_pipe") else demuxer.split(",", maxsplit=1)[0]
