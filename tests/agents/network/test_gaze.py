import math

import torch

from agents.network import NetworkConfig
from agents.network.encoder import Features
from agents.network.gaze import Gaze, GazeReadout, cell_of
from agents.network.perception import Context
from drivesim.config import CameraConfig


def test_what_is_behind_or_beside_a_picture_is_in_no_cell_of_it():
    camera = CameraConfig(width=32, height=16, fov_deg=90.0, principal_y=0.5, x_m=2.0, z_m=1.5)
    # Ahead of the camera by 8 m: 16 px of focal length make 2 px a metre.
    places = torch.tensor([[10.0, 0.5, 1.0], [10.0, 7.5, 2.0], [10.0, 9.0, 1.5], [-10.0, 0.0, 1.5], [10.0, 0.0, 7.0]])
    assert cell_of(camera, places).tolist() == [5, 0, 8, 8, 8]


def test_a_gaze_hands_on_what_is_in_the_cell_it_looks_at_wherever_that_is():
    gaze = Gaze(3, 2, 4)
    assert gaze.mix.bias is not None and gaze.score.bias is not None
    with torch.no_grad():
        # Channel 0 of the mix copies channel 0 of the maps; a large score there holds the eye.
        gaze.mix.weight.zero_()
        gaze.mix.bias.zero_()
        gaze.mix.weight[0, 0] = 1.0
        gaze.score.weight.zero_()
        gaze.score.weight[0, 0] = 50.0
        gaze.score.bias.zero_()
    maps = torch.zeros(2, 3, 2, 4)
    maps[0, 0, 1, 3], maps[1, 0, 0, 0] = 1.0, 1.0
    seen, scores = gaze(maps)
    assert scores.argmax(dim=1).tolist() == [7, 0]
    assert torch.allclose(seen[:, 0], torch.ones(2), atol=1e-4)
    assert torch.allclose(seen[:, -3:-1], torch.tensor([[1.0, 1.0], [-1.0, -1.0]]), atol=1e-4)
    assert torch.allclose(seen[:, -1], torch.ones(2), atol=1e-4)


def test_a_gaze_that_finds_nothing_says_so():
    gaze = Gaze(3, 2, 4)
    assert gaze.mix.bias is not None and gaze.score.bias is not None
    with torch.no_grad():
        gaze.score.weight.zero_()
        gaze.score.bias.zero_()
        gaze.nowhere.fill_(math.log(8.0 * 9.0))
    with torch.no_grad():
        seen, _ = gaze(torch.randn(1, 3, 2, 4))
    # Eight cells of weight one beside 72: there is a tenth of a chance.
    assert math.isclose(float(seen[0, -1]), 0.1, rel_tol=1e-5)


def test_it_looks_at_the_pictures_alone_and_not_at_the_scene():
    config = NetworkConfig(height=16, width=32, tele_width=16, tele_height=16, town=True)
    readout = GazeReadout(config, 3)
    nothing, scene = torch.zeros(1, 1, 1, 1), torch.randn(1, config.scene_length, requires_grad=True)
    eighth = torch.randn(1, config.channels[2], 2, 4, requires_grad=True)
    tele = torch.randn(1, config.tele_channels[3], 2, 2, requires_grad=True)
    said = readout(Context(Features(nothing, nothing, eighth, nothing, scene, {}, tele), {}, {}))
    said.numbers.sum().backward()
    assert scene.grad is None
    assert eighth.grad is not None and tele.grad is not None
    assert {name: tuple(scores.shape) for name, scores in said.scores.items()} == {
        "camera": (1, 9),
        "camera_tele": (1, 5),
    }


def test_a_front_picture_of_110_deg_shows_a_light_beside_who_waits_at_the_line():
    # The pole of a street of two lanes, 5.3 m ahead of the camera and 6.8 m to the right: 52 deg aside.
    pole = torch.tensor([[7.0, -6.8, 2.8]])
    narrow, wide = (NetworkConfig(fov_deg=fov).cameras[0] for fov in (90.0, 110.0))
    assert cell_of(narrow, pole).item() == 128
    assert cell_of(wide, pole).item() < 128
