"""Do imports form no circle, and no long chain?"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from tests.architecture.sources import PACKAGES

# Inside one folder: the six folders stand on one another, so a chain through all of them tells little.
LONGEST_CHAIN = {"schemas": 7, "processors": 8, "sinks": 8, "streams": 10, "replay": 3, "infra": 20}


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Each module and what it imports, imports for type checkers only left out."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_no_module_imports_itself_by_a_detour(imports: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other in a circle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("folder", PACKAGES)
def test_no_chain_of_imports_is_long(imports: dict[str, set[str]], folder: str) -> None:
    chains: dict[str, tuple[str, ...]] = {}
    for module in TopologicalSorter(imports).static_order():
        inside = [each for each in sorted(imports[module]) if each.split(".")[0] == folder]
        chains[module] = (module, *max((chains[each] for each in inside), key=len, default=()))
    longest = max((chain for module, chain in chains.items() if module.split(".")[0] == folder), key=len)
    assert len(longest) - 1 <= LONGEST_CHAIN[folder], " -> ".join(longest)
