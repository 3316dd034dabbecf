// Package pvss is the cryptography of the seed (protocol §3): publicly verifiable secret sharing with SCRAPE's protocol π_DDH (Cascudo and
// David, SCRAPE: Scalable Randomness Attested by Public Entities, ACNS 2017) over ristretto255 (RFC 9496). It is pure: no store, no clock, no
// network, no randomness but what is derived from a key.
//
//	Setup           g is the base point, h a hash to the group; an owner's key is pk = h^sk, proved once       (keys.go, possession.go)
//	Distribution    p of degree < t; v_0 = g^{p(0)}; v_i = g^{p(i)}, ŝ_i = pk_i^{p(i)} for slots 1 … S; a DLEQ  (deal.go, dealing.go)
//	Verification    one dual-code word over v_0 … v_S, one challenge for all DLEQs                             (verify.go, degree.go)
//	Reveal          the dealer opens p(0), or owners decrypt s̃_i = ŝ_i^{1/sk} = h^{p(i)} with a batched DLEQ    (opening.go, decrypt.go)
//	Reconstruction  any t of the s̃_i give h^{p(0)}                                                             (reconstruct.go)
//
// To the paper are added: v_0, to which an opening is held and which the degree check covers, so that opening and reconstruction cannot differ;
// the powers of one scalar as the word's polynomial; one proof for all slots that an owner decrypts; contexts in all hashes.
//
// # Why it holds
//
// Assumed: DDH in ristretto255; SHA-512 is a random oracle; beacon keys had their proof of possession before the round; no beacon key is used
// for two rounds of the same chain-id, era, slots and anchor, since a dealing is derived from these, the key and the dealer: whoever rolls a
// chain back past a freeze and makes that block anew gets another anchor, and with it other secrets; without anchors he must change the keys.
//
//  1. One secret. A dealing that VerifyDealing accepts has, but for an error of Q·(2^-128 + S·2^-252) after Q hashes, one p of degree < t with
//     v_i = g^{p(i)} and ŝ_i = pk_i^{p(i)}: the dual word holds the v_i to p, special soundness of the DLEQs under one challenge holds each ŝ_i
//     to v_i. The one scalar that opens v_0 gives h^{p(0)}; so does any set of t decryptions, each held to sk by a DLEQ over a combination with
//     128-bit weights (error Q·2^-127). After the dealings are fixed there is one seed.
//  2. Secrecy. Fewer than t slots learn nothing of h^{p(0)} until it is revealed: t−1 shares leave h^{p(0)} free, and telling it from random,
//     given v_0 = g^{p(0)} and pk_i^{p(i)} for keys whose sk_i are unknown, breaks DDH (SCRAPE's Theorem on π_DDH, IND1-secrecy).
//  3. Independence. No dealing is a function of another's: its proof is of knowledge of p and hashes chain-id, era, dealer, threshold, all keys
//     and all elements, so a copied, negated, shifted or replayed one has no proof. That proof is also what makes an owner's decryption safe: it
//     raises only elements whose logarithms their dealer knows.
//  4. Delivery. Owners of t slots that are online rebuild what anyone withholds; nobody can deal so that they fail.
//
// So while a coalition has fewer than t slots and others online have at least t, the seed is unpredictable until the reveal and there is one
// possible seed. A coalition of t slots or more can foresee the others' secrets and, dealing last, choose among seeds until the dealings are closed.
//
// Secrets are multiplied in constant time; what others send is public and is checked in variable time. Secrets print as "redacted".
//
// # Why not a library
//
// dedis kyber v4.0.1 has share/pvss (Schoenmakers 1999). For 200 slots and t = 67 its verification evaluates the committed polynomial at each
// slot, 2·200·66 multiplications: 3.2 s measured where this package takes 17 ms on the same core, and a dealing is 34 KB for 19. Its challenge
// hashes neither keys nor context, so that dealings can be replayed, its group is edwards25519 with a
// cofactor, and its randomness is fresh, so that a restarted dealer could not open.
package pvss
