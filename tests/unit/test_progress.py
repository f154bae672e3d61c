"""Progress on a terminal: how far, and how it goes."""

from audit.progress import Silent, Terminal


def test_the_bar_says_how_it_goes(capsys):
    with Terminal().stage("Training") as report:
        report(1, 4)
        report(2, 4, "loss 0.412, gap 0.08")
    shown = capsys.readouterr().err
    assert "Training" in shown
    assert "loss 0.412, gap 0.08" in shown


def test_silence_takes_the_same(capsys):
    with Silent().stage("Training") as report:
        report(1, 4)
        report(2, 4, "loss 0.412")
    assert capsys.readouterr() == ("", "")
