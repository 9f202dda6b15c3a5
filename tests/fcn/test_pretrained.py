"""torchvision's pretrained FCN: offline it is not tried, a silent host is given up, and it labels a photograph."""

import socket

import pytest
import torch
from torchvision.models.segmentation import fcn_resnet50

from helpers.fcn import pretrained


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)


def test_offline_the_network_is_not_even_tried(empty_cache, monkeypatch):
    def never(*_, **__):
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(torch.hub, "download_url_to_file", never)
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(ConnectionError, match="COURSE_OFFLINE"):
        pretrained.pretrained_fcn()


def test_without_a_network_it_fails_in_words_and_at_once(empty_cache, monkeypatch):
    def unreachable(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    with pytest.raises(ConnectionError, match="Name or service not known"):
        pretrained.pretrained_fcn()
    assert socket.getdefaulttimeout() is None


def test_a_host_that_never_answers_is_given_up(empty_cache, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/weights-00000000.pth"
        monkeypatch.setattr(pretrained, "TIMEOUT", 0.3)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        original = torch.hub.download_url_to_file
        monkeypatch.setattr(
            torch.hub, "download_url_to_file", lambda url, *rest, **more: original(address, *rest, **more)
        )
        with pytest.raises(ConnectionError, match="timed out"):
            pretrained.pretrained_fcn()


def test_with_weights_it_labels_a_photograph(empty_cache, monkeypatch):
    torch.manual_seed(0)
    state = fcn_resnet50(weights=None, weights_backbone=None, num_classes=21, aux_loss=True).state_dict()
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda *rest, **more: state)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *rest, **more: state)
    small = pretrained.WEIGHTS.transforms(resize_size=64)
    monkeypatch.setattr(type(pretrained.WEIGHTS), "transforms", lambda self: small, raising=False)
    network = pretrained.pretrained_fcn()
    labels, shares = pretrained.label(network, torch.randint(0, 256, (3, 60, 90), dtype=torch.uint8))
    assert labels.shape == (60, 90) and sum(shares.values()) == pytest.approx(1)
    assert list(shares)[0] == "__background__" and list(shares.values())[1:] == sorted(
        list(shares.values())[1:], reverse=True
    )
    for rank, (name, share) in enumerate(shares.items()):
        assert name in pretrained.NAMES
        assert share == pytest.approx((labels == rank).float().mean().item())
