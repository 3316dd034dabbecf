// Package stafi is the relayer's side of this chain: the operator's own node is trusted for what the chain's state is, and
// for nothing else than that. Queries are pinned to one height, so that a duty never sees two moments at once; events are
// hints and polling decides; duty transactions are unordered, written to the journal before they are sent, and followed by
// reading blocks until each is known to be in, or known to be impossible.
package stafi
