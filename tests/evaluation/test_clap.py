import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mixdream.errors import InputError
from mixdream.evaluation.clap import embed_audio_with_clap

RATE_HZ = 8000


def clips(*seconds: float) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [0.1 * rng.standard_normal(round(length * RATE_HZ)) for length in seconds]


@pytest.fixture(scope="module", params=["rand_trunc", "fusion"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLAP model of tiny width with random weights, saved as a real one is."""
    hub = pytest.importorskip(
        "transformers", reason="transformers is not installed: pip install 'mixdream[clap]'"
    )
    fusion = request.param == "fusion"
    audio = hub.ClapAudioConfig(
        spec_size=64,
        num_mel_bins=16,
        patch_size=4,
        patch_stride=[4, 4],
        patch_embeds_hidden_size=8,
        depths=[1, 1],
        num_attention_heads=[2, 2],
        hidden_size=16,
        window_size=4,
        enable_fusion=fusion,
        projection_dim=12,
    )
    text = hub.ClapTextConfig(
        vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    config = hub.ClapConfig(text_config=text.to_dict(), audio_config=audio.to_dict(), projection_dim=12)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = hub.ClapModel(config)
    folder = tmp_path_factory.mktemp("clap")
    model.save_pretrained(folder)
    extractor = hub.ClapFeatureExtractor(feature_size=16, max_length_s=2, truncation=request.param)
    extractor.save_pretrained(folder)
    return folder


def test_a_checkpoint_embeds_clips_of_any_length(checkpoint: Path) -> None:
    found = embed_audio_with_clap(clips(1.0, 2.0, 5.0), RATE_HZ, checkpoint)
    assert found.shape == (3, 12)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-6


def test_a_clip_does_not_depend_on_its_batch_or_on_chance(checkpoint: Path) -> None:
    many = clips(1.0, 2.0, 5.0)
    alone = np.concatenate([embed_audio_with_clap([clip], RATE_HZ, checkpoint) for clip in many])
    np.testing.assert_allclose(embed_audio_with_clap(many, RATE_HZ, checkpoint, batch=2), alone, atol=1e-6)


def test_pickled_weights_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((checkpoint / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(InputError, match="pickled"):
        embed_audio_with_clap(clips(1.0), RATE_HZ, tmp_path)


def test_other_folders_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes((checkpoint / "model.safetensors").read_bytes())
    with pytest.raises(InputError, match="is not a CLAP checkpoint"):
        embed_audio_with_clap(clips(1.0), RATE_HZ, tmp_path)


@pytest.mark.parametrize("damage", ["cut short", "other names"])
def test_damaged_weights_are_refused(checkpoint: Path, tmp_path: Path, damage: str) -> None:
    for path in checkpoint.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = tmp_path / "model.safetensors"
    if damage == "cut short":
        weights.write_bytes(weights.read_bytes()[:-100])
    else:
        save_file({"other": torch.zeros(1)}, weights, metadata={"format": "pt"})
    with pytest.raises(InputError, match="is not a CLAP checkpoint"):
        embed_audio_with_clap(clips(1.0), RATE_HZ, tmp_path)


def test_without_transformers_the_error_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"pip install 'mixdream\[clap\]'"):
        embed_audio_with_clap(clips(1.0), RATE_HZ, tmp_path)
