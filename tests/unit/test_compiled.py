"""Kernels are kept where they can be, and do without where they cannot."""

from camtwin import compiled


def test_kernels_do_without_a_cache_where_nothing_can_be_written(monkeypatch):
    options = []

    def njit(**given):
        options.append(given)

        def compile_lazily(function):
            if given.get("cache"):
                raise RuntimeError("cannot cache function: no locator available")
            return function

        return compile_lazily

    monkeypatch.setattr(compiled, "njit", njit)
    assert compiled.compiled(len) is len
    assert [given.get("cache", False) for given in options] == [True, False]
    assert all(given["nogil"] and given["error_model"] == "numpy" for given in options)
