"""A password in an address of the configuration file is refused, and not repeated."""

from __future__ import annotations

import pytest

from orchestration.resources.config_file import ConfigError, load


@pytest.mark.parametrize("section", ["http.mirrors", "recorder.mirrors"])
def test_a_mirror_with_a_password_is_refused_without_showing_it(tmp_path, section):
    """`sluice config show` prints mirrors, and the ledger keeps addresses: neither may hold a secret."""
    path = tmp_path / "sluice.toml"
    path.write_text(f'[{section}]\n"https://api.bybit.com" = "https://somebody:hunter2hunter2@mirror.example"\n')
    with pytest.raises(ConfigError) as caught:
        load(path)
    said = str(caught.value)
    assert "sluice.toml:2" in said
    assert "no password" in said
    assert "hunter2" not in said
