// Package beacon recomputes the seed of an era from the chain's blocks (protocol §3), for whoever does not want to believe a node. It is
// pure: it is given what a node says of the round (the record) and the blocks, and names everything in which they disagree.
//
// From the blocks: every dealing that the record counts, verified in full; every opening, held to its dealing; every decryption with its
// proof; which of them came in time; when the dealings were closed; each secret, and the seed. From the record alone: who the dealers
// were, with which weights and beacon keys, and when the pool was frozen. What follows from those, slots, threshold and quorum, is
// recomputed. The seed is a function of the accepted dealings, which are bound to the dealers' names and to every key and slot: a record
// with another dealer, key, slot or threshold makes every dealing invalid.
//
// Which dealings the chain accepted is believed only as far as it must be. One that the record leaves out was refused, or its opening or its
// decrypted shares, of which the record then knows nothing, are in the blocks; and there are as many such as the record counts refusals.
// For whom an account submits is not in the blocks, and an operator may change it within a round: who sent a refused dealing is noted, never
// held against the record. Where a round failed at its close nothing was opened: there a valid dealing of one that, by the record, did not deal
// counts as left out.
package beacon
