"""Real public data: each loader downloads at first use, checks what came, and then reads from the cache.

    from helpers.data import public

    if public.available("camvid"):            # never touches the network
        streets = public.camvid("train")

Three variables of the environment steer it: COURSE_DATA names the cache folder, COURSE_OFFLINE=1 forbids the
network, and COURSE_MIRROR points every source at another address.
"""

from helpers.data.public.cached import at_hand, available, edition
from helpers.data.public.faults import DataError, OfflineError
from helpers.data.public.handwriting import Mnist, mnist
from helpers.data.public.pedestrians import PennFudan, penn_fudan
from helpers.data.public.sentences import Pair, multi30k, tatoeba
from helpers.data.public.speech import SpokenDigits, spoken_digits
from helpers.data.public.streets import CamVid, camvid

__all__ = [
    "CamVid",
    "DataError",
    "Mnist",
    "OfflineError",
    "Pair",
    "PennFudan",
    "SpokenDigits",
    "at_hand",
    "available",
    "camvid",
    "edition",
    "mnist",
    "multi30k",
    "penn_fudan",
    "spoken_digits",
    "tatoeba",
]
