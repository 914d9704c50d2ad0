import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from drivesim.errors import DisplayError
from drivesim.render.window import Click, Drag, KeyDown, Scroll, Window, WindowClosed


@pytest.fixture
def window(monkeypatch):
    """A window of SDL's dummy driver, asked for by name."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Window((320, 240)) as opened:
        yield opened


def post(kind: str, **values) -> None:
    import pygame

    pygame.event.post(pygame.event.Event(getattr(pygame, kind), **values))


def test_keys_arrive_by_name_and_are_held_until_let_go(window):
    import pygame

    window.events()
    post("KEYDOWN", key=pygame.K_LEFT, unicode="", mod=0)
    post("KEYDOWN", key=pygame.K_SPACE, unicode=" ", mod=0)
    assert window.events() == [KeyDown("left"), KeyDown("space")]
    assert window.held == {"left", "space"}
    post("KEYUP", key=pygame.K_LEFT, unicode="", mod=0)
    window.events()
    assert window.held == {"space"}
    post("WINDOWFOCUSLOST")
    window.events()
    assert window.held == frozenset()


def test_a_plus_counts_wherever_the_layout_has_it(window):
    import pygame

    window.events()
    post("KEYDOWN", key=pygame.K_QUOTE, unicode="+", mod=pygame.KMOD_SHIFT)
    assert window.events() == [KeyDown("+")]


def test_the_mouse_scrolls_clicks_and_drags(window):
    window.events()
    post("MOUSEWHEEL", x=0, y=-2, flipped=False)
    post("MOUSEBUTTONDOWN", button=1, pos=(5, 6))
    post("MOUSEBUTTONDOWN", button=3, pos=(5, 6))
    post("MOUSEMOTION", buttons=(1, 0, 0), rel=(3, -4), pos=(8, 2))
    post("MOUSEMOTION", buttons=(0, 0, 0), rel=(3, -4), pos=(8, 2))
    assert window.events() == [Scroll(-2.0), Click(5.0, 6.0), Drag(3.0, -4.0)]


def test_a_frame_reaches_the_screen(window):
    import pygame

    frame = np.zeros((240, 320, 4), np.uint8)
    frame[10, 20] = (255, 128, 7, 0)
    window.present(frame)
    assert pygame.display.get_surface().get_at((20, 10))[:3] == (255, 128, 7)


def test_a_picture_is_fitted_with_bars(window):
    import pygame

    window.show(np.full((100, 320, 3), 200, np.uint8))
    surface = pygame.display.get_surface()
    assert surface.get_at((160, 120))[0] == 200
    assert surface.get_at((160, 10))[0] == 0


def test_a_closed_window_says_so_at_every_call(window):
    post("QUIT")
    with pytest.raises(WindowClosed, match="the window was closed"):
        window.events()
    with pytest.raises(WindowClosed):
        window.present(np.zeros((240, 320, 4), np.uint8))


def test_work_runs_elsewhere_while_the_window_is_alive(window):
    pumped = []
    original = window.events
    window.events = lambda: pumped.append(threading.get_ident()) or original()

    def work(report):
        report("building road 1 of 2", 0.5)
        time.sleep(0.2)
        return threading.get_ident()

    assert window.wait_for(work, "starting") != threading.get_ident()
    assert len(pumped) >= 3


def test_what_work_raises_is_raised_here(window):
    def work(report):
        raise ValueError("no such road")

    with pytest.raises(ValueError, match="no such road"):
        window.wait_for(work, "starting")


def test_closing_during_work_does_not_wait_for_it(window):
    release = threading.Event()
    post("QUIT")
    with pytest.raises(WindowClosed):
        window.wait_for(lambda report: release.wait(30), "starting")
    release.set()


def test_the_pointer_is_where_it_moved_last_until_it_leaves(window):
    window.events()
    assert window.pointer is None
    post("MOUSEMOTION", buttons=(0, 0, 0), rel=(3, -4), pos=(8, 2))
    window.events()
    assert window.pointer == (8.0, 2.0)
    post("WINDOWLEAVE")
    window.events()
    assert window.pointer is None


FRAME = np.zeros((240, 320, 4), np.uint8)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_windows_of_one_process_close_in_any_order_and_the_others_go_on(monkeypatch, order):
    import pygame

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    windows = [Window((320, 240), str(number)) for number in range(3)]
    left = list(windows)
    for number in order:
        windows[number].close()
        left.remove(windows[number])
        for window in left:
            window.events()
            window.present(FRAME)
            assert window.size == (320, 240)
    assert not pygame.display.get_init()
    with Window((320, 240)) as again:
        again.present(FRAME)


def test_the_place_of_a_closed_first_window_is_taken_by_the_next(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Window((320, 240)) as first, Window((400, 300)) as second:
        first.close()
        with Window((360, 260)) as third:
            for window, size in ((second, (400, 300)), (third, (360, 260))):
                window.events()
                window.present(np.zeros((size[1], size[0], 4), np.uint8))
                assert window.size == size


def test_events_reach_the_window_they_are_meant_for(monkeypatch):
    import pygame

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Window((320, 240)) as first, Window((320, 240)) as second:
        first.events(), second.events()
        post("KEYDOWN", key=pygame.K_a, unicode="a", mod=0, window=second._surface.key)
        post("KEYDOWN", key=pygame.K_b, unicode="b", mod=0, window=None)
        assert first.events() == [KeyDown("b")]
        assert second.events() == [KeyDown("a")]
        post("WINDOWCLOSE", window=second._surface.key)
        assert first.events() == []
        with pytest.raises(WindowClosed):
            second.events()
        first.present(FRAME)


def test_whoever_quits_pygame_behind_the_windows_gets_an_error_from_all_of_them(monkeypatch):
    import pygame

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    windows = [Window((320, 240)), Window((320, 240))]
    pygame.quit()
    for window in windows:
        with pytest.raises(DisplayError, match="vanished"):
            window.present(FRAME)
        window.close()
    with Window((320, 240)) as again:
        again.present(FRAME)


@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ":987"}], ids=["none-named", "named-but-dead"])
def test_without_a_display_one_line_offers_a_video(monkeypatch, variables):
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems always have a display")
    import pygame

    pygame.display.quit()
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DisplayError, match=r"^no window can be opened \(.*\); .* --record out\.mp4$"):
        Window()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_a_display_that_vanishes_ends_in_one_line_of_the_callers_own(tmp_path):
    script = tmp_path / "vanish.py"
    script.write_text(
        textwrap.dedent("""
        import numpy as np
        from drivesim.errors import DisplayError
        from drivesim.render.window import Window
        try:
            with Window((320, 240)) as window:
                frame = np.zeros((240, 320, 4), np.uint8)
                print("open", flush=True)
                while True:
                    window.events()
                    window.present(frame)
        except DisplayError as error:
            print(error, flush=True)
            raise SystemExit(7)
        """)
    )
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        number = server.stdout.readline().decode().strip()
        environment = {**os.environ, "DISPLAY": f":{number}"}
        environment.pop("SDL_VIDEODRIVER", None)
        program = subprocess.Popen(
            [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert program.stdout.readline() == "open\n"
        server.send_signal(signal.SIGKILL)
        out, err = program.communicate(timeout=60)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert out == "the display has vanished\n"
    assert err == ""
    assert program.returncode == 7
