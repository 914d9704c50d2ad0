"""Supervised training on a recorded data set: data in, trained perception out, no driving."""

from agents.fit.args import FitArgs
from agents.fit.loop import Fitted, fit
from agents.fit.score import evaluate_network

__all__ = ["FitArgs", "Fitted", "evaluate_network", "fit"]
