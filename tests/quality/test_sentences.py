import pytest

from ollama_bench.quality.sentences import breaks_off, split_sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two.", 2),
        ("Good news! We fixed it. Thanks!", 3),
        ("We fixed it (sorry!) and it works. Thanks", 2),
        ('You saw "Try again!" too often. No more.', 2),
        ("We – finally! – fixed it. Thanks.", 2),
        ("See e.g. the login, i.e. the U.S. one, etc., a.k.a. ours. Thanks.", 2),
        ("Version 2.3.1 is here. Thanks.", 2),
        ("Hi team,\n\nWe fixed it. Thanks!\n\n– The Team", 2),
        ("# Release note\nWe fixed it.\nThanks for waiting", 2),
        ("**Fix**\n\nWe fixed it! 🎉 Thanks! 🎉🎉", 2),
        ("We fixed it.Thanks for waiting.", 2),
        ("Subject: Ready!\r\n\r\nWe fixed it.\r\nThanks for waiting.", 2),
        ("- We fixed it\n- Thanks for waiting", 2),
        ("<|im_start|>assistant\nWe fixed it. Thanks.<|im_end|>", 2),
        ("我们修复了。谢谢！", 2),
        ("No more waiting… we fixed it. Thanks.", 2),
        ("", 0),
        ("!!! ...", 0),
    ],
)
def test_number_of_sentences(text, count):
    found = split_sentences(text)
    assert len(found) == count, [sentence.text for sentence in found]
    assert all(sentence.text == text[slice(*sentence.span)].strip() for sentence in found if "<" not in text)


@pytest.mark.parametrize(
    "text", ["We fixed the", "and so you", "You have 5 (which", "3 + 2 =", "Thanks for your", "1, 2,"]
)
def test_breaks_off(text):
    assert breaks_off(text)


@pytest.mark.parametrize(
    "text", ["We fixed it.", "Thanks for your patience", "4 apples", "3 + 2 = 5", "log in", "", "**4**", "🎉"]
)
def test_ends(text):
    assert not breaks_off(text)


def test_a_word_that_is_the_beginning_of_another_is_cut():
    assert breaks_off("After that you have 4 app", "You have 3 apples. ")
    assert not breaks_off("You have 4 apples", "You have 3 apple. ")
