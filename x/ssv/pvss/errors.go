package pvss

import "errors"

// What can be wrong with what others send. Every error wraps one of these and names the value found and the value wanted; none ever
// holds a secret.
var (
	// ErrSecretKey: the seed of a secret key is not 32 bytes or is all zeros, or a SecretKey was not made by NewSecretKey.
	ErrSecretKey = errors.New("pvss: bad secret key")
	// ErrRound: the number of slots or the threshold is out of range, or a slot has a bad key.
	ErrRound = errors.New("pvss: bad round")
	// ErrLength: an encoding does not have its one possible length.
	ErrLength = errors.New("pvss: wrong length")
	// ErrEncoding: 32 bytes are not the canonical encoding of a group element or of a scalar.
	ErrEncoding = errors.New("pvss: not a canonical encoding")
	// ErrIdentity: a group element is the identity where it may not be.
	ErrIdentity = errors.New("pvss: element is the identity")
	// ErrPossession: a proof of possession does not hold for this key, chain and operator.
	ErrPossession = errors.New("pvss: proof of possession does not hold")
	// ErrDegree: the commitments of a dealing are not on one polynomial of degree below the threshold.
	ErrDegree = errors.New("pvss: commitments exceed the degree")
	// ErrDealing: the proof that a dealing encrypts what it commits to does not hold for this round and dealer.
	ErrDealing = errors.New("pvss: proof of the dealing does not hold")
	// ErrOpening: a scalar does not open the commitment.
	ErrOpening = errors.New("pvss: opening does not match the commitment")
	// ErrDecryption: the proof of a decryption does not hold.
	ErrDecryption = errors.New("pvss: proof of decryption does not hold")
	// ErrSlot: a slot is out of range, out of order, given twice or owned by another key.
	ErrSlot = errors.New("pvss: bad slot")
	// ErrTooFewShares: fewer shares than the threshold.
	ErrTooFewShares = errors.New("pvss: too few shares")
)
