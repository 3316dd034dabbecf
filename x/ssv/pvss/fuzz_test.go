package pvss_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// What is read must be written back as the same bytes: one encoding for each value.
func FuzzParseElement(f *testing.F) {
	public := secretKey(f, 0).PublicKey()
	f.Add(public[:])
	f.Add(make([]byte, pvss.ElementSize))
	f.Add([]byte{})
	for _, encoding := range notElements {
		f.Add(encoding)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		element, err := pvss.ParseElement(data)
		if err != nil {
			require.Zero(t, element)
			return
		}
		require.Equal(t, data, element[:])
		again := pvss.NegateElement(pvss.NegateElement(element))
		require.Equal(t, data, again[:], "the decoded element encodes as it was read")
	})
}

func FuzzParseProof(f *testing.F) {
	key := secretKey(f, 0)
	right, err := key.ProvePossession(testChain, "operator")
	require.NoError(f, err)
	f.Add(right[:])
	f.Add([]byte{})
	f.Add(append(bytes.Clone(right[:pvss.ChallengeSize]), addOrder(right[pvss.ChallengeSize:])...))
	f.Fuzz(func(t *testing.T, data []byte) {
		proof, err := pvss.ParseProof(data)
		if err != nil {
			return
		}
		require.Equal(t, data, proof[:])
		if !bytes.Equal(data, right[:]) {
			require.Error(t, pvss.VerifyPossession(testChain, "operator", key.PublicKey(), proof))
		}
	})
}

// No bytes but the dealer's own are its dealing.
func FuzzVerifyDealing(f *testing.F) {
	round, dealer, key := fuzzRound(f)
	right, err := pvss.Deal(round, dealer, key)
	require.NoError(f, err)
	f.Add(right)
	f.Add(right[:len(right)-1])
	f.Add(pvss.Negate(round.Slots(), right))
	f.Add(pvss.Shift(round, right))
	f.Add(pvss.DealCorrupting(round, dealer, key, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		dealing, err := pvss.VerifyDealing(round, dealer, data)
		if !bytes.Equal(data, right) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, round.Slots(), dealing.Slots())
	})
}

func FuzzParseDealing(f *testing.F) {
	round, dealer, key := fuzzRound(f)
	right, err := pvss.Deal(round, dealer, key)
	require.NoError(f, err)
	f.Add(round.Slots(), right)
	f.Add(0, []byte{})
	f.Add(-1, right)
	f.Add(pvss.MaxSlots+1, right)
	f.Fuzz(func(t *testing.T, slots int, data []byte) {
		dealing, err := pvss.ParseDealing(slots, data)
		if err != nil {
			return
		}
		require.Len(t, data, pvss.DealingSize(slots))
		for slot := 1; slot <= slots; slot++ {
			encrypted, err := dealing.Encrypted(slot)
			require.NoError(t, err)
			require.Equal(t, data[(slots+slot)*pvss.ElementSize:][:pvss.ElementSize], encrypted[:])
		}
	})
}

func FuzzVerifyOpening(f *testing.F) {
	round, dealer, key := fuzzRound(f)
	encoded, err := pvss.Deal(round, dealer, key)
	require.NoError(f, err)
	dealing, err := pvss.VerifyDealing(round, dealer, encoded)
	require.NoError(f, err)
	opening, err := pvss.OpenDealing(round, dealer, key)
	require.NoError(f, err)
	f.Add(opening.Bytes())
	f.Add(addOrder(opening.Bytes()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := pvss.VerifyOpening(dealing.Commitment(), data)
		require.Equal(t, bytes.Equal(data, opening.Bytes()), err == nil)
	})
}

func FuzzVerifyDecryption(f *testing.F) {
	round, dealer, key := fuzzRound(f)
	encoded, err := pvss.Deal(round, dealer, key)
	require.NoError(f, err)
	dealing, err := pvss.VerifyDealing(round, dealer, encoded)
	require.NoError(f, err)
	encrypted, err := dealing.EncryptedShares(round.SlotsOf(key.PublicKey()))
	require.NoError(f, err)
	shares, right, err := pvss.Decrypt(round, dealer, encrypted, key)
	require.NoError(f, err)
	f.Add(1, 2, shares[0].Value[:], shares[1].Value[:], right[:])
	f.Add(2, 1, shares[1].Value[:], shares[0].Value[:], right[:])
	f.Add(1, 1, shares[0].Value[:], shares[0].Value[:], right[:])
	f.Add(-1, 1<<40, make([]byte, 32), []byte{}, make([]byte, 48))
	f.Fuzz(func(t *testing.T, slotA, slotB int, a, b, proof []byte) {
		elementA, errA := pvss.ParseElement(a)
		elementB, errB := pvss.ParseElement(b)
		parsed, errProof := pvss.ParseProof(proof)
		if errA != nil || errB != nil || errProof != nil {
			return
		}
		claimed := []pvss.Share{{Slot: slotA, Value: elementA}, {Slot: slotB, Value: elementB}}
		of := []pvss.Share{{Slot: slotA, Value: encrypted[0].Value}, {Slot: slotB, Value: encrypted[1].Value}}
		err := pvss.VerifyDecryption(round, dealer, of, claimed, parsed)
		honest := claimed[0] == shares[0] && claimed[1] == shares[1] && parsed == right
		require.Equal(t, honest, err == nil)
	})
}

// FuzzReconstruct reads shares of 33 bytes, the first of which is the slot.
func FuzzReconstruct(f *testing.F) {
	element := secretKey(f, 0).PublicKey()
	f.Add(1, append([]byte{1}, element[:]...))
	f.Add(2, append(append([]byte{1}, element[:]...), append([]byte{1}, element[:]...)...))
	f.Add(0, []byte{})
	f.Fuzz(func(t *testing.T, threshold int, data []byte) {
		var shares []pvss.Share
		for ; len(data) > pvss.ElementSize; data = data[1+pvss.ElementSize:] {
			shares = append(shares, pvss.Share{Slot: int(data[0]), Value: pvss.Element(data[1 : 1+pvss.ElementSize])})
		}
		_, err := pvss.Reconstruct(threshold, shares)
		if threshold < 1 || len(shares) < threshold {
			require.Error(t, err)
		}
	})
}

// fuzzRound is small, so that a fuzzer tries many dealings.
func fuzzRound(tb testing.TB) (*pvss.Round, string, pvss.SecretKey) {
	tb.Helper()
	net := newNetworkOf(tb, []int{2, 1}, 2)
	return net.round, net.dealers[0], net.keys[0]
}
