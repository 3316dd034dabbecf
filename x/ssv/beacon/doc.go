// Package beacon recomputes the seed of an era from the chain's blocks (protocol §3). It is pure: it is given what a node says of the
// round (the record) and the blocks, trusts neither with the seed, and names the first thing in which they disagree.
package beacon
