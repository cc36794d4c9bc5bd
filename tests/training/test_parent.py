from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.recipes.load import load_recipe
from mixdream.runs.run import Run
from mixdream.runs.share import share_run
from mixdream.training import train as module
from mixdream.training.parent import bundled_parent, check_parent, take_weights
from mixdream.training.prepare import prepare
from mixdream.training.train import train
from tests.conftest import FAST, tiny_recipe

RECIPE = tiny_recipe("cpu-8k", "training.epochs=1")


@pytest.fixture(scope="module")
def parent(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("parent") / "parent"
    train(RECIPE, corpus, folder)
    return Run.open(folder)


def test_a_child_begins_where_its_parent_is(parent: Run, corpus: Corpus) -> None:
    child = prepare(RECIPE, corpus, 5, Accelerator(cpu=True), parent=parent)
    own = parent.load_generator(parent.chosen_checkpoint()).state_dict()
    assert child.trainer.ema is not None
    for key, value in child.trainer.ema.state_dict().items():
        assert torch.equal(value, own[key])
    fresh = prepare(RECIPE, corpus, 0, Accelerator(cpu=True)).trainer
    judges = [each.networks["discriminator"].state_dict() for each in (child.trainer, fresh)]
    assert not all(torch.equal(judges[0][key], judges[1][key]) for key in judges[0])
    assert child.statistics == parent.statistics()


def test_a_shared_parent_has_both_networks_in_half_precision(
    parent: Run, corpus: Corpus, tmp_path: Path
) -> None:
    shared = Run.open(share_run(parent, tmp_path / "shared"))
    child = prepare(RECIPE, corpus, 0, Accelerator(cpu=True), parent=shared).trainer
    whole = prepare(RECIPE, corpus, 0, Accelerator(cpu=True), parent=parent).trainer
    own = parent.load_generator(parent.chosen_checkpoint()).state_dict()
    for key, value in child.generator.state_dict().items():
        torch.testing.assert_close(value, own[key], rtol=1e-3, atol=1e-4)
    judges = [each.networks["discriminator"].state_dict() for each in (child, whole)]
    for key, value in judges[0].items():
        torch.testing.assert_close(value, judges[1][key], rtol=1e-3, atol=1e-4)


def test_the_run_names_its_parents(parent: Run, corpus: Corpus, tmp_path: Path) -> None:
    info = train(RECIPE, corpus, tmp_path / "child", parent=parent)
    assert info["from"]["run"] == "parent"
    assert info["from"]["corpus"]["hash"] == corpus.hash
    child = Run.open(tmp_path / "child")
    grandchild = train(RECIPE, corpus, tmp_path / "grandchild", parent=child)
    assert grandchild["from"]["from"] == info["from"]
    shared = Run.open(share_run(child, tmp_path / "shared"))
    assert shared.info()["from"]["run"] == "parent"
    assert "folder" not in str(shared.info()["from"])


def test_a_parent_is_not_forgotten(
    parent: Run, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_loop", killed)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, corpus, tmp_path / "child", parent=parent)
    with pytest.raises(InputError, match="begun with the weights of 'parent': name it again with --from"):
        train(RECIPE, corpus, tmp_path / "child", resume=True)


def test_other_networks_are_no_parents(parent: Run, corpus: Corpus) -> None:
    with pytest.raises(InputError, match=r"cpu-8k, whose model is another one \(latent\)"):
        check_parent(tiny_recipe("cpu-8k", "model.latent=9"), parent)
    with pytest.raises(InputError, match="whose grid is another one"):
        check_parent(tiny_recipe("cpu"), parent)
    with pytest.raises(InputError, match=r"whose grid is another one|another family"):
        check_parent(tiny_recipe("flow-8k"), parent)
    check_parent(tiny_recipe("cpu-8k", "model.penalty=3", "training.batch=8"), parent)
    trainer = prepare(RECIPE, corpus, 0, Accelerator(cpu=True)).trainer
    (broken := parent.chosen_checkpoint() / "ema.safetensors").rename(broken.with_suffix(".kept"))
    broken.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"ema.safetensors cannot be used"):
        take_weights(trainer, parent)
    broken.with_suffix(".kept").rename(broken)


def test_the_default_recipe_can_begin_with_the_model_that_comes_with_mixdream(
    stereo_corpus: Corpus, tmp_path: Path
) -> None:
    recipe = load_recipe("cpu", FAST)
    bundled = bundled_parent(recipe)
    assert bundled is not None
    assert bundled_parent(RECIPE) is None
    info = train(recipe, stereo_corpus, tmp_path / "run", minutes=1e-6, parent=bundled)
    assert (info["from"]["run"], info["steps"]) == ("mixdream", 1)
    run = Run.open(tmp_path / "run")
    learnt, own = (each.load_generator(each.chosen_checkpoint()).parameters() for each in (run, bundled))
    for after, before in zip(learnt, own, strict=True):
        assert (after - before).abs().max() < 0.01
