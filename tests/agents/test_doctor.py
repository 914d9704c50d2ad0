from agents import doctor
from agents.doctor import DoctorArgs, Finding, examine


def test_a_healthy_installation_exits_with_zero(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (lambda: Finding("wheels", "four"),))
    assert examine(DoctorArgs(trial=False)) == 0
    assert capsys.readouterr().out.split() == ["ok", "wheels", "four"]


def test_an_unhealthy_one_exits_with_one(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (lambda: Finding("wheels", "three", healthy=False),))
    assert examine(DoctorArgs(trial=False)) == 1
    assert capsys.readouterr().out.split() == ["!!", "wheels", "three"]


def test_both_pygames_at_once_are_a_fault(monkeypatch):
    monkeypatch.setattr(doctor.machine, "versions", lambda: {"pygame": "2.6.1", "pygame-ce": "2.5.8"})
    finding = doctor._packages()
    assert not finding.healthy
    assert "remove one" in finding.answer


def test_the_place_of_compiled_kernels_is_told_and_having_none_too(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "writable_place_for", lambda file: tmp_path)
    assert str(tmp_path) in doctor._kernel_cache().answer
    monkeypatch.setattr(doctor, "writable_place_for", lambda file: None)
    assert "anew" in doctor._kernel_cache().answer


def test_no_display_is_told_with_the_way_out(monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    assert "--record" in doctor._display().answer


def test_an_environment_that_fails_is_a_finding_not_a_crash():
    finding = doctor.try_steps("drivesim/Nowhere-v0")
    assert not finding.healthy
    assert "Nowhere" in finding.answer
