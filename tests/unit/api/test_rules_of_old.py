"""What is left of a rule for objects that know nothing of what is new."""

import pytest

from leeboard.api.crd.rules_of_old import New, said_of_old

NEW = New({"shade"}, {"Sunspots"})


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("has(self.metric)", "has(self.metric)"),
        ("has(self.shade)", "false"),
        ("!has(self.shade)", "true"),
        ("!(has(self.shade) && has(self.metric)) || a < b", "true"),
        ("self.a && (has(self.shade) || self.b)", "self.a && self.b"),
        ("self.a && (has(self.shade) || self.b || self.c)", "self.a && (self.b || self.c)"),
        ("self.type in ['A', 'Sunspots'] || self.x", "self.type in ['A'] || self.x"),
        ("has(self.a) == (self.type in ['Sunspots'])", "has(self.a) == false"),
        ("self.type == 'A'", "self.type == 'A'"),
        ("self.type == 'Sunspots' || self.type == 'A'", "self.type == 'A'"),
        ("a.all(g, g in (t == 'R' ? ['a', 'Sunspots'] : ['b']))", "a.all(g, g in (t == 'R' ? ['a'] : ['b']))"),
        ("self.matches('^a||b$')", "self.matches('^a||b$')"),
        ("self.x == '(' || has(self.shade)", "self.x == '('"),
        ("has(self.shade) ? a : b", "has(self.shade) ? a : b"),
    ],
)  # fmt: skip
def test_what_is_left(rule, left):
    assert said_of_old(rule, NEW) == left
