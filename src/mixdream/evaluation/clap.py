"""CLAP: an embedding learnt from sound and text, from a checkpoint on this machine."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError

from mixdream.errors import InputError
from mixdream.evaluation.embedding import checked_clips

SMALLEST_STD = 1e-3  # for Embedder.fit: these embeddings have length 1


def embed_audio_with_clap(
    clips: Iterable[np.ndarray], rate_hz: int, folder: Path, batch: int = 8
) -> np.ndarray:
    """Embed clips by the audio half of a CLAP model (Wu et al. 2023), shape (clips, dims), each of length 1.

    The folder is a checkpoint in the layout of transformers: ``config.json``, ``preprocessor_config.json``
    and ``model.safetensors``. Nothing is downloaded and nothing unpickled. Clips, for which see
    `mixdream.evaluation.embedding.checked_clips`, are resampled to the rate of the model, 48 kHz; of long
    ones it hears the first 10 s.

    Raises
    ------
    InputError
        Without transformers (``pip install 'mixdream[clap]'``), or where the folder holds no CLAP model.
    """
    try:
        transformers = import_module("transformers")  # an extra: neither tests nor type checks need it
    except ImportError:
        raise InputError("CLAP embeddings need transformers: pip install 'mixdream[clap]'") from None
    if not (folder / "model.safetensors").is_file():
        raise InputError(
            f"'{folder}' has no model.safetensors: give a folder with a CLAP checkpoint in safetensors "
            "(weights in pytorch_model.bin are pickled, convert them first)"
        )
    try:
        extractor = transformers.ClapFeatureExtractor.from_pretrained(folder, local_files_only=True)
        model, loading = transformers.ClapModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise InputError(f"'{folder}' is not a CLAP checkpoint: {error}") from None
    # transformers fills in what is missing at random and goes on.
    missing = sorted(name for name in loading["missing_keys"] if name.startswith("audio"))
    if missing:
        raise InputError(
            f"'{folder}' is not a CLAP checkpoint: {len(missing)} weights are missing, such as {missing[0]}"
        )
    model.eval()
    model_hz, longest = extractor.sampling_rate, extractor.nb_max_samples
    audio = [clip[:longest] for clip in checked_clips(clips, rate_hz, model_hz)]
    embeddings = []
    with torch.inference_mode():
        for first in range(0, len(audio), batch):
            inputs = extractor(audio[first : first + batch], sampling_rate=model_hz, return_tensors="pt")
            # Extractors of models with fusion mark one clip of each batch as too long, at random.
            inputs["is_longer"] = torch.zeros_like(torch.as_tensor(inputs["is_longer"]))
            embeddings.append(model.get_audio_features(**inputs).pooler_output.double().numpy())
    return np.concatenate(embeddings)
