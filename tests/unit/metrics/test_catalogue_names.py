"""Names that a configuration may use are the metrics that there are, and each leads to its own."""

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest

import audit.metrics
from audit.errors import ConfigError
from audit.metrics.catalogue import ROW_METRICS, built_in, find, row_metric
from audit.registry import METRICS

BUILT_IN = {**dict(built_in()), **{name: row_metric(name) for name in ROW_METRICS}}


def test_the_registry_lists_the_metrics_that_there_are():
    assert list(METRICS) == list(BUILT_IN)


def test_any_number_of_places_may_be_named():
    assert METRICS.resolve("top_25_rate") == row_metric("top_25_rate")
    assert METRICS.resolve("top_3_share").k == 3
    for name in ("top_0_rate", "top_x_rate", "top_3_shares"):
        with pytest.raises(ConfigError, match="unknown metric"):
            METRICS.resolve(name)


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_entry_leads_to_its_metric(name):
    assert METRICS.resolve(name) == BUILT_IN[name] == find(name)
    assert BUILT_IN[name].name == name
    assert METRICS.entries[name].summary


@pytest.mark.parametrize("name", sorted(audit.metrics.__all__))
def test_public_names_are_described(name):
    said = (getattr(audit.metrics, name).__doc__ or "").strip()
    first = said.splitlines()[0]
    assert first.endswith(".")
    assert not first[0].islower()


def test_no_public_name_is_that_of_a_module():
    """Else importing the module would put it in the place of what is public."""
    modules = {module.name for module in iter_modules(audit.metrics.__path__)}
    assert modules.isdisjoint(audit.metrics.__all__)
    for name in modules:
        import_module(f"audit.metrics.{name}")
    for name in audit.metrics.__all__:
        assert getattr(audit.metrics, name).__name__ == name


def test_the_package_imports_nothing_heavy():
    code = (
        "import sys, audit.metrics; "
        "heavy = {'numpy', 'scipy', 'pandas', 'torch', 'narwhals'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
