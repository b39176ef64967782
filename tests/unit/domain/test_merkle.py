"""The tree against RFC 6962's own vectors, an oracle by the definition, and an independent implementation."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from controller.domain.entry import leaf_hash
from controller.domain.merkle import (
    EMPTY_ROOT,
    TILE,
    Frontier,
    Proof,
    Tiled,
    consistency,
    consistent,
    includes,
    inclusion,
    over,
    root,
)
from controller.store.recomputed import Tree

# Leaves and roots of Certificate Transparency's reference tests.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 600)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(count)]


def by_definition(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    left, right = by_definition(hashes[:k]), by_definition(hashes[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_reference(size: int) -> None:
    hashes = [leaf_hash(bytes.fromhex(each)) for each in LEAVES[:size]]
    assert root(hashes).hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_root_of_the_rfc() -> None:
    assert Frontier().root() == EMPTY_ROOT == by_definition([]) == Tree().root()


@given(st.integers(0, 600))
def test_writer_and_verifier_work_out_the_root_of_the_definition(size: int) -> None:
    hashes, verifier = leaves(size), Tree()
    for each in hashes:
        verifier.add(each)
    assert root(hashes) == verifier.root() == by_definition(hashes)


@given(SIZES, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_and_for_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size))
    hashes = leaves(size)
    whole, proof = root(hashes), inclusion(index, size, over(hashes))
    assert includes(hashes[index], index, size, proof, whole)
    assert includes(hashes[index], other, size, proof, whole) == (other == index)
    assert includes(hashes[other % size], index, size, proof, whole) == (other % size == index)
    for spoilt in spoil(proof):
        assert not includes(hashes[index], index, size, spoilt, whole)


@given(SIZES, st.data())
def test_a_consistency_proof_holds_for_its_trees_and_for_no_other(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    hashes = leaves(size)
    before, after, proof = root(hashes[:old]), root(hashes), consistency(old, size, over(hashes))
    assert consistent(old, before, size, after, proof)
    assert not consistent(old, bytes(32), size, after, proof)
    assert not consistent(old, before, size, bytes(32), proof)
    for spoilt in spoil(proof):
        assert not consistent(old, before, size, after, spoilt)
    rewritten = [leaf_hash(b"other"), *hashes[1:]]
    forged = consistency(old, size, over(rewritten))
    assert not consistent(old, before, size, root(rewritten), forged)


def spoil(proof: Proof) -> list[Proof]:
    bent = [(*proof[:at], bytes([each[0] ^ 1]) + each[1:], *proof[at + 1 :]) for at, each in enumerate(proof)]
    return [*bent, (*proof, bytes(32)), *([proof[:-1], proof[1:]] if proof else [])]


@settings(max_examples=30)
@given(st.integers(1, 80), st.data())
def test_proofs_agree_with_an_independent_implementation(size: int, data: st.DataObject) -> None:
    entries = [b"%d" % number for number in range(size)]
    theirs = InmemoryTree(algorithm="sha256")
    for each in entries:
        theirs.append_entry(each)
    hashes = [leaf_hash(each) for each in entries]
    assert theirs.get_root() == root(hashes)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    included, grown = theirs.prove_inclusion(index + 1, size), theirs.prove_consistency(old, size)
    verify_inclusion(hashes[index], root(hashes), included)
    verify_consistency(root(hashes[:old]), root(hashes), grown)
    # Their path holds the leaf as well.
    assert {*inclusion(index, size, over(hashes)), hashes[index]} == set(included.path)
    ours = consistency(old, size, over(hashes))
    assert consistent(old, theirs.get_root(old), size, theirs.get_root(), ours)


@settings(max_examples=20)
@given(st.integers(1, 5 * TILE), st.data())
def test_tiles_give_the_proofs_of_all_leaves(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    tiles = [by_definition(hashes[at : at + TILE]) for at in range(0, size // TILE * TILE, TILE)]
    known = data.draw(st.integers(0, len(tiles)))
    tiled = Tiled(tiles[:known], lambda begin, end: hashes[begin:end])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert tiled.root(size) == root(hashes)
    assert inclusion(index, size, tiled.subtree) == inclusion(index, size, over(hashes))
    assert consistency(old, size, tiled.subtree) == consistency(old, size, over(hashes))


def test_no_proof_of_what_is_not_there() -> None:
    hashes = leaves(4)
    for index in (-1, 4):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion(index, 4, over(hashes))
    for old, new in ((0, 4), (5, 4)):
        with pytest.raises(ValueError, match="no proof"):
            consistency(old, new, over(hashes))
    assert not includes(hashes[0], 4, 4, (), root(hashes))
    assert not consistent(0, EMPTY_ROOT, 4, root(hashes), ())
