"""The Merkle tree over the log's leaf hashes: its root, and proofs about it (RFC 6962 §2.1, checked as in
RFC 9162 §2.1.3.2 and §2.1.4.2).

Indexes count from 0, so entry ``seq`` is leaf ``seq - 1``. Every hash is 32 bytes, SHA-256. A proof is the
tuple of hashes in the order of the RFC, from the leaves upward.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Proof = tuple[bytes, ...]

SubtreeRoot = Callable[[int, int], bytes]
"""The root over the leaves from the first index up to, without, the second. Only asked for ranges into which
the RFC splits a tree."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

TILE = 256
"""Leaves under one kept subtree root: what proofs over a large log are worked out from."""


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """A tree that only grows: the roots of its perfect subtrees, largest first. Memory grows with the
    logarithm of its size."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        node, rest = leaf, self.size
        while rest & 1:
            node = node_hash(self.peaks.pop(), node)
            rest >>= 1
        self.peaks.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = node_hash(peak, found)
        return found


def root(leaves: Iterable[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


class Tiled:
    """Subtree roots of a large tree from the roots of its full tiles and the leaves of the few others.

    ``tiles[i]`` is the root over the :data:`TILE` leaves from ``i * TILE`` on; ``leaves(begin, end)`` reads
    leaf hashes. Nothing is checked here: whoever uses it compares the root."""

    def __init__(self, tiles: Sequence[bytes], leaves: Callable[[int, int], Sequence[bytes]]) -> None:
        self._tiles = tiles
        self._leaves = leaves

    def subtree(self, begin: int, end: int) -> bytes:
        if end - begin == TILE and begin // TILE < len(self._tiles):
            return self._tiles[begin // TILE]
        if end - begin <= TILE:
            return root(self._leaves(begin, end))
        middle = begin + split(end - begin)
        return node_hash(self.subtree(begin, middle), self.subtree(middle, end))

    def root(self, size: int) -> bytes:
        return self.subtree(0, size) if size else EMPTY_ROOT


def over(leaves: Sequence[bytes]) -> SubtreeRoot:
    """For proofs over leaves that are in memory."""
    return lambda begin, end: root(leaves[begin:end])


def split(size: int) -> int:
    """The largest power of two below ``size``, which is at least 2: the leaves under the left child."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(index: int, size: int, subtree: SubtreeRoot) -> Proof:
    """That the leaf at ``index`` is in the tree of the first ``size`` leaves. Raises ValueError outside."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + split(end - begin)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(begin, middle))
            begin = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, subtree: SubtreeRoot) -> Proof:
    """That the tree of ``old`` leaves is the beginning of that of ``new``. Raises ValueError unless
    0 < old <= new."""
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new} leaves")
    path: list[bytes] = []
    begin, end, whole = 0, new, True
    while old != end:
        middle = begin + split(end - begin)
        if old <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(subtree(begin, end))
    return tuple(reversed(path))


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` is at ``index`` of the tree of ``size`` leaves with ``root``."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for each in proof:
        if not last:
            return False
        if place & 1 or place == last:
            found = node_hash(each, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    return not last and found == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the tree of ``old`` leaves is the beginning of that of ``new``."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for each in path[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, each)
        place, last = place >> 1, last >> 1
    return not last and before == old_root and after == new_root
