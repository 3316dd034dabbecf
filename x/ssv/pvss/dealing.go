package pvss

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// DealingSize is the length of a dealing for a number of slots: v_0, then v_1 … v_S, then ŝ_1 … ŝ_S, then e, then z_1 … z_S; 96 bytes a
// slot and 48 more.
func DealingSize(slots int) int {
	return ElementSize + slots*(2*ElementSize+ScalarSize) + ChallengeSize
}

// Dealing is a dealing whose length fits its round. It is no more than that until VerifyDealing returns it.
type Dealing struct {
	slots   int
	encoded []byte
}

// ParseDealing checks the length only (ErrLength): it is for dealings that were verified before they were stored.
func ParseDealing(slots int, encoded []byte) (Dealing, error) {
	if slots < 1 || slots > MaxSlots {
		return Dealing{}, fmt.Errorf("%w: dealing for %d slots, want 1 to %d", ErrSlot, slots, MaxSlots)
	}
	if len(encoded) != DealingSize(slots) {
		return Dealing{}, fmt.Errorf("%w: dealing of %d bytes for %d slots, want %d", ErrLength, len(encoded), slots, DealingSize(slots))
	}
	return Dealing{slots: slots, encoded: append([]byte(nil), encoded...)}, nil
}

// Slots is the number S of slots that the dealing has shares for.
func (d Dealing) Slots() int { return d.slots }

// Commitment is v_0 = g^s, to which the dealing's opening is held.
func (d Dealing) Commitment() Element { return d.element(0) }

// Encrypted is ŝ_i for slot i, 1 to Slots(); any other slot is ErrSlot.
func (d Dealing) Encrypted(slot int) (Element, error) {
	if slot < 1 || slot > d.slots {
		return Element{}, fmt.Errorf("%w: slot %d of a dealing, want 1 to %d", ErrSlot, slot, d.slots)
	}
	return d.element(d.slots + slot), nil
}

// EncryptedShares are the ŝ_i of some slots, in the order given: what their owner decrypts.
func (d Dealing) EncryptedShares(slots []int) ([]Share, error) {
	shares := make([]Share, len(slots))
	for i, slot := range slots {
		encrypted, err := d.Encrypted(slot)
		if err != nil {
			return nil, err
		}
		shares[i] = Share{Slot: slot, Value: encrypted}
	}
	return shares, nil
}

// element is the i-th of the 2S+1 elements with which a dealing begins.
func (d Dealing) element(i int) Element {
	return Element(d.encoded[i*ElementSize : (i+1)*ElementSize])
}

func (d Dealing) body() dealingBody {
	elements := make([]Element, 2*d.slots+1)
	for i := range elements {
		elements[i] = d.element(i)
	}
	return dealingBody{commitments: elements[:d.slots+1], encrypted: elements[d.slots+1:]}
}

func (d Dealing) challenge() [ChallengeSize]byte {
	start := (2*d.slots + 1) * ElementSize
	return [ChallengeSize]byte(d.encoded[start : start+ChallengeSize])
}

// responses are z_1 … z_S.
func (d Dealing) responses() ([]*scalar.Scalar, error) {
	responses := make([]*scalar.Scalar, d.slots)
	start := (2*d.slots+1)*ElementSize + ChallengeSize
	for i := range responses {
		z, err := parseScalar(d.encoded[start+i*ScalarSize : start+(i+1)*ScalarSize])
		if err != nil {
			return nil, fmt.Errorf("response of slot %d: %w", i+1, err)
		}
		responses[i] = z
	}
	return responses, nil
}

// dealingBody is what a dealing claims: v_0 … v_S and ŝ_1 … ŝ_S.
type dealingBody struct {
	commitments []Element
	encrypted   []Element
}

func (b dealingBody) append(proof []byte) []byte {
	encoded := make([]byte, 0, DealingSize(len(b.encrypted)))
	for _, elements := range [][]Element{b.commitments, b.encrypted} {
		for i := range elements {
			encoded = append(encoded, elements[i][:]...)
		}
	}
	return append(encoded, proof...)
}

// dealingStatement hashes round, dealer and every element: what the proof is about.
func (r *Round) dealingStatement(dealer string, body dealingBody) []byte {
	statement := r.context("dealing", dealer).elements(body.commitments...).elements(body.encrypted...).digest()
	return statement[:]
}

// dealingChallenge hashes a statement and then, slot by slot, the two commitments of its proof.
type dealingChallenge struct {
	transcript transcript
}

func newDealingChallenge(statement []byte) dealingChallenge {
	return dealingChallenge{transcript: newTranscript("dealing/challenge").bytes(statement)}
}

func (c dealingChallenge) commit(toG, toKey Element) { c.transcript.elements(toG, toKey) }

func (c dealingChallenge) value() [ChallengeSize]byte { return c.transcript.challenge() }
