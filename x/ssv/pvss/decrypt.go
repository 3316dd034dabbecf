package pvss

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Share is the element of one slot: ŝ_i while it is encrypted, h^{p(i)} once it is decrypted.
type Share struct {
	Slot  int
	Value Element
}

// Decrypt opens the encrypted shares of the key's own slots in a dealer's dealing (SCRAPE's π_DDH, "Reconstruction"): s̃_i = ŝ_i^{1/sk} = h^{p(i)},
// with one proof for all of them. Slots must be ascending and the key's own (ErrSlot), the elements canonical and not the identity. In
// constant time in the key; the same arguments give the same bytes. The shares must be those of a dealing that VerifyDealing accepted: only
// its proof says that the dealer knows their logarithms, and that raising them to 1/sk tells nothing about another dealer's.
func Decrypt(round *Round, dealer string, encrypted []Share, key SecretKey) ([]Share, Proof, error) {
	if err := key.check(); err != nil {
		return nil, Proof{}, err
	}
	shares, err := decryptShares(encrypted, key)
	if err != nil {
		return nil, Proof{}, err
	}
	batch, err := round.newBatch(dealer, encrypted, shares)
	if err != nil {
		return nil, Proof{}, err
	}
	if batch.key != key.PublicKey() {
		return nil, Proof{}, fmt.Errorf("%w: slot %d belongs to key %x, want the owner's", ErrSlot, shares[0].Slot, batch.key[:])
	}
	return shares, batch.prove(key), nil
}

func decryptShares(encrypted []Share, key SecretKey) ([]Share, error) {
	decoded, err := sharePoints("encrypted", encrypted)
	if err != nil {
		return nil, err
	}
	inverse, shares := scalar.New().Invert(key.scalar()), make([]Share, len(encrypted))
	for i, point := range decoded {
		shares[i] = Share{Slot: encrypted[i].Slot, Value: encode(point.Mul(point, inverse))}
	}
	return shares, nil
}

// VerifyDecryption checks the decrypted shares of one owner in a dealer's dealing against the encrypted ones of the same slots, in this order:
//
//  1. as many encrypted as decrypted shares, at least one, of the same slots in the same, ascending order, all of one key (ErrSlot);
//  2. every element canonical and not the identity, the response canonical (ErrEncoding, ErrIdentity);
//  3. for this round, dealer and key, log_h pk = log_{s̃_i} ŝ_i in every slot (ErrDecryption).
func VerifyDecryption(round *Round, dealer string, encrypted, shares []Share, proof Proof) error {
	batch, err := round.newBatch(dealer, encrypted, shares)
	if err != nil {
		return err
	}
	e, z, err := proof.read()
	if err != nil {
		return err
	}
	toH := recommit(generatorTable().Basepoint(), round.points[shares[0].Slot-1].Point(), e, z)
	toMix := recommit(batch.decryptedMix, batch.encryptedMix, e, z)
	if batch.challenge(toH, toMix) != proof.challenge() {
		return fmt.Errorf("%w: dealer %s, key %x, slots %d to %d", ErrDecryption, dealer, batch.key[:], shares[0].Slot, shares[len(shares)-1].Slot)
	}
	return nil
}

// batch is the statement of a batched DLEQ (the composites of RFC 9497 §2.2.1): one random combination of the encrypted shares and the same
// one of the decrypted. If any share is wrong, the two are related by sk with probability 2^-128 at most.
type batch struct {
	key          PublicKey
	statement    []byte
	encryptedMix *curve.RistrettoPoint // Σ d_i·ŝ_i
	decryptedMix *curve.RistrettoPoint // Σ d_i·s̃_i
}

func (r *Round) newBatch(dealer string, encrypted, shares []Share) (*batch, error) {
	key, err := r.ownerOf(encrypted, shares)
	if err != nil {
		return nil, err
	}
	encryptedPoints, err := sharePoints("encrypted", encrypted)
	if err != nil {
		return nil, err
	}
	decryptedPoints, err := sharePoints("decrypted", shares)
	if err != nil {
		return nil, err
	}
	b := &batch{key: key, statement: r.decryptionStatement(dealer, key, encrypted, shares)}
	weights := b.weights(len(shares))
	b.encryptedMix, b.decryptedMix = combine(weights, encryptedPoints), combine(weights, decryptedPoints)
	return b, nil
}

// ownerOf checks that the slots of a batch match and ascend, and gives the one key that owns them.
func (r *Round) ownerOf(encrypted, shares []Share) (PublicKey, error) {
	if len(shares) == 0 || len(encrypted) != len(shares) {
		return PublicKey{}, fmt.Errorf("%w: %d decrypted and %d encrypted shares, want as many and at least one", ErrSlot, len(shares), len(encrypted))
	}
	previous := 0
	for i, share := range shares {
		if share.Slot <= previous || share.Slot > r.Slots() {
			return PublicKey{}, fmt.Errorf("%w: slot %d after slot %d, want ascending and at most %d", ErrSlot, share.Slot, previous, r.Slots())
		}
		if encrypted[i].Slot != share.Slot {
			return PublicKey{}, fmt.Errorf("%w: encrypted share of slot %d, want slot %d", ErrSlot, encrypted[i].Slot, share.Slot)
		}
		if r.keys[share.Slot-1] != r.keys[shares[0].Slot-1] {
			return PublicKey{}, fmt.Errorf("%w: slot %d has another owner than slot %d", ErrSlot, share.Slot, shares[0].Slot)
		}
		previous = share.Slot
	}
	return r.keys[previous-1], nil
}

func sharePoints(kind string, shares []Share) ([]*curve.RistrettoPoint, error) {
	decoded := make([]*curve.RistrettoPoint, len(shares))
	for i, share := range shares {
		point, err := share.Value.point()
		if err != nil {
			return nil, fmt.Errorf("%s share of slot %d: %w", kind, share.Slot, err)
		}
		decoded[i] = point
	}
	return decoded, nil
}

func (r *Round) decryptionStatement(dealer string, key PublicKey, encrypted, shares []Share) []byte {
	t := r.context("decryption", dealer).elements(key).uint64(uint64(len(shares)))
	for i := range shares {
		t.uint64(uint64(shares[i].Slot)).elements(encrypted[i].Value, shares[i].Value)
	}
	statement := t.digest()
	return statement[:]
}

// weights are the d_i: 128 bits each, fixed by the whole statement.
func (b *batch) weights(n int) []*scalar.Scalar {
	weights := make([]*scalar.Scalar, n)
	for i := range weights {
		weights[i] = short(newTranscript("decryption/weight").bytes(b.statement).uint64(uint64(i)).challenge())
	}
	return weights
}

func (b *batch) prove(key SecretKey) Proof {
	nonce := key.derive("decryption-nonce", b.statement)
	toMix := curve.NewRistrettoPoint().Mul(b.decryptedMix, nonce)
	return newProof(b.challenge(encode(timesH(nonce)), encode(toMix)), nonce, key.scalar())
}

func (b *batch) challenge(toH, toMix Element) [ChallengeSize]byte {
	return newTranscript("decryption/challenge").bytes(b.statement).elements(toH, toMix).challenge()
}
