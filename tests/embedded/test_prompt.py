import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.embedded.prompt import Turn, family_of, render_template, render_turns
from ollama_bench.embedded.thinking import ThinkSplitter
from ollama_bench.embedded.wire import ApiError

GEMMA = family_of("gemma3")


def test_gemma_turns() -> None:
    turns = [Turn("system", "Be brief."), Turn("user", "Hi"), Turn("assistant", "Yes?"), Turn("user", "A colour.")]
    assert render_turns(turns, GEMMA) == (
        "<start_of_turn>user\nBe brief.<end_of_turn>\n<start_of_turn>user\nHi<end_of_turn>\n"
        "<start_of_turn>model\nYes?<end_of_turn>\n<start_of_turn>user\nA colour.<end_of_turn>\n<start_of_turn>model\n"
    )


def test_a_last_message_of_the_assistant_is_left_open() -> None:
    turns = [Turn("user", "Count."), Turn("assistant", "1, 2,")]
    assert render_turns(turns, GEMMA).endswith("<start_of_turn>model\n1, 2,")


def test_messages_of_one_role_in_a_row_are_one_turn() -> None:
    assert render_turns([Turn("user", "a"), Turn("user", "b")], GEMMA).startswith("<start_of_turn>user\na\n\nb<end")


def test_unknown_roles_leave_no_text_and_unknown_families_no_marks() -> None:
    assert render_turns([Turn("wizard", "x")], GEMMA) == ""
    assert render_turns([Turn("user", "Hello")], family_of("mamba")) == "Hello"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ .System }} {{ .Prompt }}", "S P"),
        ("{{ if .System }}[{{ .System }}]{{ end }}{{ .Prompt }}", "[S]P"),
        ("{{if .System}}a{{else}}b{{end}}", "a"),
        ("x {{- .Prompt -}} y", "xPy"),
        ("x{{ if .System -}} \n {{- .Prompt }}{{- end -}}\n y", "xPy"),
        ("{{ .Prompt }}:{{ .Response }} dropped", "P:"),
        ("no actions", "no actions"),
    ],
)
def test_templates_of_a_request(template: str, text: str) -> None:
    assert render_template(template, system="S", prompt="P") == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ range .Messages }}{{ end }}",
        "{{ .Tools }}",
        "{{ if .System }}open",
        "{{ end }}",
        "{{ }}",
        "{{",
        "{{ if .System }}" * 200,
    ],
)
def test_templates_that_are_not_supported_say_so(template: str) -> None:
    with pytest.raises(ApiError) as caught:
        render_template(template, system="S", prompt="P")
    assert caught.value.status == 501


@pytest.mark.parametrize(
    "template",
    ["{{" + " " * 200_000, "{{ -" * 100_000, "{{ " + "- " * 100_000 + "}}", "{{ .Prompt -}} " * 100_000 + "{{"],
)
def test_a_template_takes_no_longer_than_its_length(template: str) -> None:
    with pytest.raises(ApiError, match=r"unclosed|- - -"):
        render_template(template, system="S", prompt="P")


def test_many_messages_of_one_role_take_no_longer_than_their_length() -> None:
    assert len(render_turns([Turn("user", "x" * 1000)] * 20_000, family_of("mamba"))) == 20_000 * 1002 - 2


def split(pieces: list[str], *, opened: bool = False) -> tuple[str, str]:
    splitter = ThinkSplitter(opened=opened)
    parts = [splitter.feed(piece) for piece in pieces] + [splitter.finish()]
    return "".join(thinking for thinking, _ in parts), "".join(text for _, text in parts)


@pytest.mark.parametrize(
    ("answer", "opened", "thinking", "text"),
    [
        ("<think>\nhm, so\n</think>\n\nYes.", False, "hm, so", "Yes."),
        ("hm</think>Yes.", True, "hm", "Yes."),
        ("No tags <think>here</think>", False, "", "No tags <think>here</think>"),
        ("  <think>a < b </thin </think> c", False, "a < b </thin", "c"),
        ("<think>never closed ", False, "never closed", ""),
        ("<thi", False, "", "<thi"),
        ("", False, "", ""),
    ],
)
def test_thinking_is_split_off(answer: str, opened: bool, thinking: str, text: str) -> None:
    assert split([answer], opened=opened) == (thinking, text)
    assert split(list(answer), opened=opened) == (thinking, text)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", " ", "\n", "a", "b c"])),
    st.booleans(),
    st.data(),
)
def test_how_the_text_is_cut_makes_no_difference(parts: list[str], opened: bool, data: st.DataObject) -> None:
    answer = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    pieces = [answer[a:b] for a, b in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    assert split(pieces, opened=opened) == split([answer], opened=opened)
