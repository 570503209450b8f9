import re
import shutil
from pathlib import Path

import pytest

from ollama_bench.pack import load_pack, load_prompt
from ollama_bench.quality import score
from ollama_bench.quality.prompt import Prompt
from ollama_bench.quality.verifiers import VERIFIERS
from ollama_bench.resources import shipped
from orchestrator.errors import ConfigurationError

QUALITY = """\
id: coins
role: quality
prompt: "You have 7 coins, find 3, lose 2. How many left?"
options: {num_predict: 64}
checks:
  follow:
    - words: {at_most: 40}
    - bullets: {at_most: 0}
  coherent:
    - english
  no_hallucination:
    - no_specifics: {kinds: [link, date]}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    shutil.copytree(shipped("prompts"), folder)
    return folder


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as told:
        load_pack(folder)
    assert told.value.exit_code == 2
    return [line.removeprefix(f"{folder}/") for line in str(told.value).splitlines()]


def test_the_shipped_pack():
    pack = load_pack(shipped("prompts"))
    assert [prompt.id for prompt in pack.quality] == ["apples", "release_note", "json"]
    assert pack.quality[0].prompt == "You have 3 apples, buy 2, eat 1. How many left? Explain briefly."
    assert pack.quality[1].prompt == "Write a 2-sentence, friendly release note for a bug fix in login rate limiting."
    assert pack.quality[2].prompt == "Output a JSON with keys title, risks[], owner='Platform', no extra text."
    assert {prompt.options.num_predict for prompt in pack.quality} == {160}
    assert (pack.short.role, pack.real.role, pack.long.role) == ("short", "real", "long")


def test_a_prompt_of_ones_own_is_loaded_and_scored(pack):
    (pack / "coins.yaml").write_text(QUALITY, encoding="utf-8")
    prompts = {prompt.id: prompt for prompt in load_pack(pack).quality}
    assert next(iter(prompts)) == "coins"  # no order given: before those that give one
    result = score(prompts["coins"], "You are left with eight coins, see https://example.com for more.")
    assert (result.follow, result.coherent, result.no_hallucination) == (1, 1, 0)
    assert score(prompts["coins"], "word " * 41).follow == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("num_predict: 64", "num_predict: 0", "coins.yaml:4: options.num_predict: Input should be greater than 0"),
        ("num_predict: 64", 'num_predict: "9"', "coins.yaml:4: options.num_predict: Input should be a valid integer"),
        ("num_predict: 64", "num_predict: true", "coins.yaml:4: options.num_predict: Input should be a valid integer"),
        ("num_predict: 64", "num_predict: 9, top_k: 2", "coins.yaml:4: options.top_k: unknown key"),
        ("role: quality", "role: qualty", "coins.yaml:2: role: Input should be 'short', 'real', 'long' or 'quality'"),
        ("role: quality\n", "", "coins.yaml:1: role: missing"),
        ("role: quality", "role: long", "coins.yaml:1: the file: only a quality prompt has checks"),
        ("id: coins", "id: apples", "coins.yaml:1: id: 'apples' is not the file's name, 'coins'"),
        ("id: coins", "id: ../coins", "coins.yaml:1: id: String should match pattern"),
        (
            '"You have 7 coins, find 3, lose 2. How many left?"',
            '"  "',
            "coins.yaml:3: prompt: String should have at least 1",
        ),
        ("- english", "- englsh", "coins.yaml:10: checks.coherent.0: no verifier is called 'englsh'"),
        (
            "words: {at_most: 40}",
            "words: {at_mst: 40, at_most: 3}",
            "coins.yaml:7: checks.follow.0.words.at_mst: unknown key",
        ),
        ("words: {at_most: 40}", "words", "coins.yaml:7: checks.follow.0.words.at_most: missing"),
        (
            "words: {at_most: 40}",
            "words: {at_most: many}",
            "coins.yaml:7: checks.follow.0.words.at_most: Input should be a valid int",
        ),
        ("words: {at_most: 40}", "words: 40", "coins.yaml:7: checks.follow.0.words: "),
        ("words: {at_most: 40}", "[words]", "coins.yaml:7: checks.follow.0: write one verifier an item"),
        (
            "[link, date]",
            "[link, dat]",
            "coins.yaml:12: checks.no_hallucination.0.no_specifics.kinds.1: Input should be",
        ),
        ("    - english", "    []", "coins.yaml:9: checks.coherent: name at least one verifier"),
        ("  coherent:\n    - english\n", "", "coins.yaml:5: checks.coherent: missing"),
        ("checks:", "extra: 1\nchecks:", "coins.yaml:5: extra: unknown key"),
        ("role: quality", "role: quality\nrole: quality", "coins.yaml:3: role: given twice"),
        ("id: coins", "id: [coins", "coins.yaml:"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(pack, old, new, told):
    assert old in QUALITY
    (pack / "coins.yaml").write_text(QUALITY.replace(old, new), encoding="utf-8")
    found = mistakes(pack)
    assert len(found) == 1, found
    assert found[0].startswith(told)


def test_all_mistakes_of_all_files_are_told_at_once(pack):
    (pack / "coins.yaml").write_text(QUALITY.replace("- english", "- englsh").replace("64", "-1"), encoding="utf-8")
    (pack / "short.yaml").write_text("id: short\nrole: short\nprompt: x\n", encoding="utf-8")
    assert [line.split(": ")[0] for line in mistakes(pack)] == ["coins.yaml:4", "coins.yaml:10", "short.yaml:1"]


def test_roles_are_there_once(pack):
    (pack / "long.yaml").unlink()
    shutil.copy(pack / "short.yaml", pack / "short2.yaml")
    (pack / "short2.yaml").write_text(
        (pack / "short.yaml").read_text(encoding="utf-8").replace("id: short", "id: short2"), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError) as told:
        load_pack(pack)
    assert "role: short is already the role of short.yaml" in str(told.value)
    assert "role: no file has the role long" in str(told.value)


def test_no_folder(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_pack(tmp_path / "none")


def test_a_prompt_is_frozen():
    prompt = load_prompt(shipped("prompts") / "apples.yaml")
    assert isinstance(prompt, Prompt)
    with pytest.raises(ValueError, match="frozen"):
        prompt.id = "other"


def test_every_verifier_is_documented():
    text = (Path(__file__).parents[1] / "docs" / "prompts.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert documented == set(VERIFIERS)


def test_the_documented_prompt_loads(tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "prompts.md").read_text(encoding="utf-8")
    (tmp_path / "coins.yaml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    prompt = load_prompt(tmp_path / "coins.yaml")
    assert score(prompt, "You have 8 coins left, because 7 + 3 = 10 and 10 - 2 = 8.").follow == 1
