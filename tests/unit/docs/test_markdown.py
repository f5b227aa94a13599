"""What the tests of the documentation read out of a page: a reader that finds nothing would let everything pass."""

import textwrap

import pytest

from tests.support.markdown import anchors, blocks, kubernetes_documents, links

PAGE = textwrap.dedent(
    """\
    # A page: `of` [two](two.md) parts

    See [one](one.md), [two](<two.md#it's> "a title"), ![three](three.svg) and [four].
    `[no](code.md)` and ``[no](`code.md)`` are code. <img src="five.svg">

    [four]: four.md

    ```yaml
    apiVersion: v1
    kind: First
    ---
    kind: Excerpt
    ---
    apiVersion: v1
    kind: Second  # [no](block.md)
    ```

    1. In a list:

       ~~~yml
       apiVersion: v1
       kind: Third
       ~~~

    ````sh
    kubectl apply -f - <<'EOF'
    apiVersion: v1
    kind: Fourth
    EOF
    cat <<EOF
    not: Kubernetes
    EOF
    ```
    # no heading
    ````

    ## The *end*, at last!
    """
)


def test_blocks_with_their_languages_and_lines() -> None:
    assert [(block.language, block.line) for block in blocks(PAGE)] == [("yaml", 8), ("yml", 20), ("sh", 25)]
    assert next(blocks("```\nnever closed")).text == "never closed\n"


def test_documents_are_found_in_yaml_and_in_shells() -> None:
    found = [(line, document["kind"]) for line, document in kubernetes_documents(PAGE)]
    assert found == [(8, "First"), (8, "Second"), (20, "Third"), (25, "Fourth")]


def test_links_are_those_of_the_prose() -> None:
    assert sorted(links(PAGE)) == ["five.svg", "four.md", "one.md", "three.svg", "two.md", "two.md#it's"]


@pytest.mark.parametrize("anchor", ["a-page-of-two-parts", "the-end-at-last"])
def test_anchors_are_those_of_github(anchor: str) -> None:
    assert anchor in anchors(PAGE)
    assert len(anchors(PAGE)) == 2
