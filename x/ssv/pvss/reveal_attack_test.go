package pvss_test

import (
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

func fromHex(s string) []byte {
	decoded, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return decoded
}

// addOrder adds the group's order to a scalar, little-endian: the same scalar, not canonical.
func addOrder(scalar []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	sum := slices.Clone(scalar)
	slices.Reverse(sum)
	order.Add(order, new(big.Int).SetBytes(sum)).FillBytes(sum)
	slices.Reverse(sum)
	return sum
}

func TestWrongOpeningIsRefused(t *testing.T) {
	net := newNetwork(t, 4, 2)
	commitment, opening := net.dealVerified(t, 0).Commitment(), net.open(t, 0).Bytes()
	_, err := pvss.VerifyOpening(commitment, opening)
	require.NoError(t, err)

	flipped := slices.Clone(opening)
	flipped[0] ^= 1
	for name, wrong := range map[string]struct {
		want       error
		commitment pvss.Element
		opening    []byte
	}{
		"of another dealer":              {pvss.ErrOpening, commitment, net.open(t, 1).Bytes()},
		"another number":                 {pvss.ErrOpening, commitment, flipped},
		"zero":                           {pvss.ErrOpening, commitment, make([]byte, pvss.ScalarSize)},
		"not below the group's order":    {pvss.ErrEncoding, commitment, addOrder(opening)},
		"nothing":                        {pvss.ErrLength, commitment, nil},
		"one byte less":                  {pvss.ErrLength, commitment, opening[:31]},
		"one byte more":                  {pvss.ErrLength, commitment, append(slices.Clone(opening), 0)},
		"of the identity":                {pvss.ErrIdentity, pvss.Element{}, make([]byte, pvss.ScalarSize)},
		"of a commitment off the group":  {pvss.ErrOpening, pvss.Element(notElements["not a square"]), opening},
		"of another dealer's commitment": {pvss.ErrOpening, net.dealVerified(t, 2).Commitment(), opening},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pvss.VerifyOpening(wrong.commitment, wrong.opening)
			require.ErrorIs(t, err, wrong.want)
		})
	}
}

// decryptionCase is a right decryption, for each test to break in one place.
type decryptionCase struct {
	net    *network
	round  *pvss.Round
	dealer string
	decryption
}

func rightDecryption(t *testing.T) *decryptionCase {
	t.Helper()
	net := newNetwork(t, 4, 3)
	c := &decryptionCase{net: net, round: net.round, dealer: net.dealers[0], decryption: net.decrypt(t, 0, 1, net.dealVerified(t, 0))}
	require.NoError(t, c.verify())
	return c
}

func (c *decryptionCase) verify() error {
	return pvss.VerifyDecryption(c.round, c.dealer, c.encrypted, c.shares, c.proof)
}

func TestWrongDecryptionIsRefused(t *testing.T) {
	h := pvss.GeneratorH()
	for name, test := range map[string]struct {
		want  error
		spoil func(*testing.T, *decryptionCase)
	}{
		"one share off by h": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares[1].Value = pvss.AddElements(c.shares[1].Value, h)
		}},
		"two shares off by h and its inverse": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares[0].Value = pvss.AddElements(c.shares[0].Value, h)
			c.shares[1].Value = pvss.AddElements(c.shares[1].Value, pvss.NegateElement(h))
		}},
		"two shares swapped": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares[0].Value, c.shares[1].Value = c.shares[1].Value, c.shares[0].Value
		}},
		"one share off by h, proved by the owner": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares[1].Value = pvss.AddElements(c.shares[1].Value, h)
			c.proof = pvss.ProveDecryption(c.round, c.dealer, c.encrypted, c.shares, c.net.keys[1])
		}},
		"two shares off by h and its inverse, proved by the owner": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares[0].Value = pvss.AddElements(c.shares[0].Value, h)
			c.shares[1].Value = pvss.AddElements(c.shares[1].Value, pvss.NegateElement(h))
			c.proof = pvss.ProveDecryption(c.round, c.dealer, c.encrypted, c.shares, c.net.keys[1])
		}},
		"two shares that cancel in the weights of the right ones": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares = pvss.UnbalanceFor(c.round, c.dealer, c.encrypted, c.shares)
			c.proof = pvss.ProveDecryption(c.round, c.dealer, c.encrypted, c.shares, c.net.keys[1])
		}},
		"decrypted and proved with another key": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.shares, c.proof = pvss.DecryptAs(c.round, c.dealer, c.encrypted, c.net.keys[2])
		}},
		"shares not decrypted": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) { copy(c.shares, c.encrypted) }},
		"negated shares": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			for i := range c.shares {
				c.shares[i].Value = pvss.NegateElement(c.shares[i].Value)
			}
		}},
		"shares of another dealing": {pvss.ErrDecryption, func(t *testing.T, c *decryptionCase) {
			t.Helper()
			c.shares = c.net.decrypt(t, 2, 1, c.net.dealVerified(t, 2)).shares
		}},
		"replayed for another dealer": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) { c.dealer = c.net.dealers[2] }},
		"replayed in another era": {pvss.ErrDecryption, func(t *testing.T, c *decryptionCase) {
			t.Helper()
			c.round = newRound(t, testChain, testEra+1, c.net.round.Threshold(), c.net.slotKeys)
		}},
		"replayed on another chain": {pvss.ErrDecryption, func(t *testing.T, c *decryptionCase) {
			t.Helper()
			c.round = newRound(t, "stafi-test-2", testEra, c.net.round.Threshold(), c.net.slotKeys)
		}},
		"proof of another dealing": {pvss.ErrDecryption, func(t *testing.T, c *decryptionCase) {
			t.Helper()
			c.proof = c.net.decrypt(t, 2, 1, c.net.dealVerified(t, 2)).proof
		}},
		"proof of all for some": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			c.encrypted, c.shares = c.encrypted[:2], c.shares[:2]
		}},
		"a flipped bit of the challenge": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) { c.proof[0] ^= 1 }},
		"a flipped bit of the response":  {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) { c.proof[pvss.ChallengeSize] ^= 1 }},
		"a response not below the order": {pvss.ErrEncoding, func(_ *testing.T, c *decryptionCase) {
			copy(c.proof[pvss.ChallengeSize:], addOrder(c.proof[pvss.ChallengeSize:]))
		}},
		"the identity as a share":     {pvss.ErrIdentity, func(_ *testing.T, c *decryptionCase) { c.shares[2].Value = pvss.Element{} }},
		"the identity as encrypted":   {pvss.ErrIdentity, func(_ *testing.T, c *decryptionCase) { c.encrypted[2].Value = pvss.Element{} }},
		"a share off the group":       {pvss.ErrEncoding, func(_ *testing.T, c *decryptionCase) { c.shares[0].Value = pvss.Element(notElements["not a square"]) }},
		"no shares":                   {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) { c.encrypted, c.shares = nil, nil }},
		"fewer shares than encrypted": {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) { c.shares = c.shares[:2] }},
		"a slot of another owner": {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) {
			c.encrypted[2].Slot, c.shares[2].Slot = 7, 7
		}},
		"all slots of another owner": {pvss.ErrDecryption, func(_ *testing.T, c *decryptionCase) {
			for i := range c.shares {
				c.encrypted[i].Slot, c.shares[i].Slot = 7+i, 7+i
			}
		}},
		"a slot twice": {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) {
			c.encrypted[1], c.shares[1] = c.encrypted[0], c.shares[0]
		}},
		"slots in descending order": {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) {
			slices.Reverse(c.encrypted)
			slices.Reverse(c.shares)
		}},
		"slot zero":                 {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) { c.encrypted[0].Slot, c.shares[0].Slot = 0, 0 }},
		"a slot beyond the round's": {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) { c.encrypted[2].Slot, c.shares[2].Slot = 13, 13 }},
		"other slots than encrypted": {pvss.ErrSlot, func(_ *testing.T, c *decryptionCase) {
			c.encrypted = append(c.encrypted[:1:1], c.encrypted[0], c.encrypted[2])
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := rightDecryption(t)
			test.spoil(t, c)
			require.ErrorIs(t, c.verify(), test.want)
		})
	}
}

func TestOwnerDecryptsNothingButItsOwnSlots(t *testing.T) {
	net := newNetwork(t, 4, 3)
	encrypted, err := net.dealVerified(t, 0).EncryptedShares([]int{1, 2, 3})
	require.NoError(t, err)
	_, _, err = pvss.Decrypt(net.round, net.dealers[0], encrypted, net.keys[1])
	require.ErrorIs(t, err, pvss.ErrSlot)
	encrypted[0].Value = pvss.Element{}
	_, _, err = pvss.Decrypt(net.round, net.dealers[0], encrypted, net.keys[0])
	require.ErrorIs(t, err, pvss.ErrIdentity)
}

func TestOwnerMayDecryptSomeOfItsSlots(t *testing.T) {
	net := newNetwork(t, 4, 3)
	encrypted, err := net.dealVerified(t, 0).EncryptedShares([]int{4, 6})
	require.NoError(t, err)
	shares, proof, err := pvss.Decrypt(net.round, net.dealers[0], encrypted, net.keys[1])
	require.NoError(t, err)
	require.NoError(t, pvss.VerifyDecryption(net.round, net.dealers[0], encrypted, shares, proof))
}

func TestReconstructionRefusesBadShares(t *testing.T) {
	net := newNetwork(t, 4, 3)
	right := net.allShares(t, 0, net.dealVerified(t, 0))
	threshold := net.round.Threshold()
	changed := func(i int, share pvss.Share) []pvss.Share {
		shares := slices.Clone(right)
		shares[i] = share
		return shares
	}
	for name, test := range map[string]struct {
		want      error
		threshold int
		shares    []pvss.Share
	}{
		"none":                         {pvss.ErrTooFewShares, threshold, nil},
		"one too few":                  {pvss.ErrTooFewShares, threshold, right[:threshold-1]},
		"one slot twice":               {pvss.ErrSlot, threshold, changed(1, right[0])},
		"one slot twice, beyond need":  {pvss.ErrSlot, threshold, changed(len(right)-1, right[0])},
		"slot zero":                    {pvss.ErrSlot, threshold, changed(0, pvss.Share{Slot: 0, Value: right[0].Value})},
		"a negative slot":              {pvss.ErrSlot, threshold, changed(0, pvss.Share{Slot: -1, Value: right[0].Value})},
		"a slot beyond the largest":    {pvss.ErrSlot, threshold, changed(0, pvss.Share{Slot: pvss.MaxSlots + 1, Value: right[0].Value})},
		"the identity":                 {pvss.ErrIdentity, threshold, changed(0, pvss.Share{Slot: 1})},
		"an element not of the group":  {pvss.ErrEncoding, threshold, changed(0, pvss.Share{Slot: 1, Value: pvss.Element(notElements["not a square"])})},
		"a threshold of zero":          {pvss.ErrTooFewShares, 0, nil},
		"a negative threshold":         {pvss.ErrTooFewShares, -1, right},
		"a threshold beyond all there": {pvss.ErrTooFewShares, len(right) + 1, right},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pvss.Reconstruct(test.threshold, test.shares)
			require.ErrorIs(t, err, test.want)
		})
	}
}
