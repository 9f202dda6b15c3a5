"""Is a map of attention right? Where it points, and what a word loses when a cell is erased."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from helpers.captioning.data import Annotated, lessons
from helpers.captioning.model import Decoder, Told
from helpers.data.tokens import PAD, Vocabulary


@torch.no_grad()
def led(
    decoder: Decoder, test: Annotated, vocabulary: Vocabulary, mask: Tensor | None = None
) -> tuple[Told, Tensor]:
    """Lead a decoder through the true captions, because only their words are known to be about a sticker.

    Args:
        mask: (N, L) bool, False for a place that can be neither looked at nor read.

    Returns:
        What it told, and the log-probability of each true word (N, T), 0 for padding.
    """
    decoder.eval()
    shown, targets = lessons(test.annotations, test.said, vocabulary)
    memory, state = decoder.begin(shown.source, mask)
    told = decoder.tell(shown.so_far, state, memory)
    return told, -F.cross_entropy(told.scores.mT, targets, ignore_index=PAD, reduction="none")


def about(test: Annotated, steps: int) -> Tensor:
    """The sticker that each word is about: (N, steps) int64, -1 for none."""
    return torch.tensor([[*caption.about, *[-1] * steps][:steps] for caption in test.captions])


def pointing(weights: Tensor, test: Annotated, seed: int = 0) -> dict[str, float]:
    """How often the place of greatest weight (N, T, L) shows the sticker that the word is about.

    Beside it: with each scene's maps taken from another scene ("shuffled"), with the mean map of each word's place in
    the caption ("mean map"), and with a place drawn evenly ("uniform").
    """
    words = about(test, weights.shape[1])
    counted = words >= 0

    def hits(maps: Tensor) -> float:
        return float((test.owners.gather(1, maps.argmax(dim=-1)) == words)[counted].float().mean())

    by = 1 + int(torch.randint(len(weights) - 1, (), generator=Generator().manual_seed(seed)))
    inside = (test.owners[:, None] == words[..., None]).float().mean(dim=-1)
    return {
        "pointing": hits(weights),
        "pointing_shuffled": hits(weights.roll(by, dims=0)),
        "pointing_mean_map": hits(weights.mean(dim=0).expand_as(weights)),
        "pointing_uniform": float(inside[counted].mean()),
    }


def erased(decoder: Decoder, test: Annotated, vocabulary: Vocabulary) -> Tensor:
    """How the log-probability of each word changes when a cell is erased: (N, L, T), cell by cell."""
    whole, changes = led(decoder, test, vocabulary)[1], []
    for place in range(test.owners.shape[1]):
        mask = torch.ones_like(test.owners, dtype=torch.bool)
        mask[:, place] = False
        changes.append(led(decoder, test, vocabulary, mask)[1] - whole)
    return torch.stack(changes, dim=1)


def deletion(weights: Tensor, changes: Tensor, test: Annotated, seed: int = 0) -> dict[str, float]:
    """The mean change of a word's log-probability when one cell is erased, over words about a sticker.

    Args:
        weights: (N, T, L). changes: (N, L, T), from `erased`.

    Returns:
        For the cell of greatest weight ("attended"), a random one of the others, a random one that shows the word's
        own sticker, and a random one that shows another sticker.
    """
    words, generator = about(test, weights.shape[1]), Generator().manual_seed(seed)
    n, t = (words >= 0).nonzero().T
    own = test.owners[n] == words[n, t][:, None]
    attended = weights[n, t].argmax(dim=-1)
    candidates = {
        "random": torch.ones_like(own).scatter(1, attended[:, None], False),
        "own_sticker": own,
        "other_sticker": (test.owners[n] >= 0) & ~own,
    }
    cells = {k: each.float().multinomial(1, generator=generator)[:, 0] for k, each in candidates.items()}
    cells["attended"] = attended
    return {f"erased_{name}": float(changes[n, cell, t].mean()) for name, cell in cells.items()}
