// Package beacon recomputes the seed of an era from the chain's blocks (protocol §3), for whoever does not want to believe a node. It is
// pure: it is given what a node says of the round (the record) and the blocks, and names everything in which they disagree.
//
// From the blocks: every dealing that the record counts, verified in full; every opening, held to its dealing; every decryption with its
// proof; which of them came in time; when the dealings were closed; each secret, and the seed. From the record alone: who the dealers
// were, with which weights and beacon keys, and when the pool was frozen. What follows from those, slots, threshold and quorum, is
// recomputed. The seed is a function of the accepted dealings, which are bound to the dealers' names and to every key and slot: a record
// with another dealer, key, slot or threshold makes every dealing invalid.
//
// Which dealings the chain accepted is believed only as far as it must be: a dealing that the record leaves out is found in the blocks. Whose
// account sent it is not in the blocks, so that it counts as left out where it is valid for a dealer that, by the record, did not deal.
package beacon
