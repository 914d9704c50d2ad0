"""Attention hands on what it looks at, unchanged."""

import torch

from agents.network.senses.attend import Attend


def sharp(features: int, measured: int, looks: int = 1) -> Attend:
    """Looks at the element with the greatest first feature, and at nothing else."""
    attend = Attend(features, measured, looks)
    with torch.no_grad():
        attend.score.weight.zero_()
        attend.score.bias.zero_()
        attend.score.weight[:, 0] = 1000.0
        attend.nothing.fill_(-1000.0)
    return attend


def test_a_measurement_arrives_as_it_was_measured():
    features = torch.tensor([[[0.1, 5.0], [0.9, 6.0], [0.5, 7.0]]])
    measured = torch.tensor([[[11.0], [22.0], [33.0]]])
    looked = sharp(2, 1)(features, measured, torch.ones(1, 3, dtype=torch.bool))
    assert torch.allclose(looked, torch.tensor([[0.9, 6.0, 22.0]]))


def test_what_is_not_there_is_not_looked_at():
    features, measured = torch.tensor([[[0.1], [0.9]]]), torch.tensor([[[11.0], [22.0]]])
    looked = sharp(1, 1)(features, measured, torch.tensor([[True, False]]))
    assert torch.allclose(looked, torch.tensor([[0.1, 11.0]]))


def test_of_nothing_there_come_zeros_and_finite_gradients():
    attend = Attend(2, 1, 3)
    features = torch.randn(2, 4, 2, requires_grad=True)
    looked = attend(features, torch.randn(2, 4, 1), torch.zeros(2, 4, dtype=torch.bool))
    assert torch.equal(looked, torch.zeros(2, 9))
    looked.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in attend.parameters() if parameter.grad is not None)


def test_what_is_looked_for_depends_on_the_context():
    attend = Attend(2, 1, 1, context=1)
    assert attend.aim is not None
    with torch.no_grad():
        attend.score.weight.zero_()
        attend.score.bias.zero_()
        attend.nothing.fill_(-1000.0)
        attend.aim.weight[:, 0] = torch.tensor([1000.0, 0.0])
    features = torch.tensor([[[0.1, 5.0], [0.9, 6.0]]]).expand(2, -1, -1)
    measured = torch.tensor([[[11.0], [22.0]]]).expand(2, -1, -1)
    there = torch.ones(2, 2, dtype=torch.bool)
    looked = attend(features, measured, there, torch.tensor([[1.0], [-1.0]]))
    assert looked[:, 2].tolist() == [22.0, 11.0]
