package pvss_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

func refuses(t *testing.T, want error, round *pvss.Round, dealer string, dealing []byte) {
	t.Helper()
	_, err := pvss.VerifyDealing(round, dealer, dealing)
	require.ErrorIs(t, err, want)
}

func TestCopiedDealingIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	refuses(t, pvss.ErrDealing, net.round, net.dealers[1], net.deal(t, 0))
}

func TestCopiedDealingProvedAnewByThiefIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	refuses(t, pvss.ErrDealing, net.round, net.dealers[1], pvss.ReproveAs(net.round, net.dealers[1], net.keys[1], net.deal(t, 0)))
}

func TestNegatedDealingIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	negated := pvss.Negate(net.round.Slots(), net.deal(t, 0))
	require.Equal(t, net.deal(t, 0), pvss.Negate(net.round.Slots(), negated), "the attack negates")
	refuses(t, pvss.ErrDealing, net.round, net.dealers[1], negated)
	refuses(t, pvss.ErrDealing, net.round, net.dealers[0], negated)
}

func TestDealingShiftedByKnownSecretIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	shifted := pvss.Shift(net.round, net.deal(t, 0))
	refuses(t, pvss.ErrDealing, net.round, net.dealers[1], shifted)
	refuses(t, pvss.ErrDealing, net.round, net.dealers[0], shifted)
}

func TestDealingReplayedFromAnotherContextIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	threshold, dealing := net.round.Threshold(), net.deal(t, 0)
	otherKeys := append([]pvss.PublicKey(nil), net.slotKeys...)
	otherKeys[0], otherKeys[19] = otherKeys[19], otherKeys[0]
	for name, round := range map[string]*pvss.Round{
		"another era":         newRound(t, testChain, testEra+1, threshold, net.slotKeys),
		"another chain":       newRound(t, "stafi-test-2", testEra, threshold, net.slotKeys),
		"a larger threshold":  newRound(t, testChain, testEra, threshold+1, net.slotKeys),
		"slots dealt anew":    newRound(t, testChain, testEra, threshold, otherKeys),
		"chain-id with a NUL": newRound(t, testChain+"\x00", testEra, threshold, net.slotKeys),
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, pvss.ErrDealing, round, net.dealers[0], dealing)
		})
	}
}

func TestDealingExceedingDegreeIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	threshold, slots := net.round.Threshold(), net.round.Slots()
	for _, degree := range []int{threshold, threshold + 1, slots - 1, slots} {
		t.Run(fmt.Sprintf("degree %d, threshold %d", degree, threshold), func(t *testing.T) {
			refuses(t, pvss.ErrDegree, net.round, net.dealers[0], pvss.DealOfDegree(net.round, net.dealers[0], net.keys[0], degree))
		})
	}
}

func TestDealingOfAnyDegreeBelowThresholdIsAccepted(t *testing.T) {
	net := newNetwork(t, 5, 4)
	for degree := range net.round.Threshold() {
		_, err := pvss.VerifyDealing(net.round, net.dealers[0], pvss.DealOfDegree(net.round, net.dealers[0], net.keys[0], degree))
		require.NoError(t, err, "degree %d", degree)
	}
}

func TestOneCorruptShareIsRefusedInEverySlot(t *testing.T) {
	net := newNetwork(t, 5, 2)
	for slot := 1; slot <= net.round.Slots(); slot++ {
		refuses(t, pvss.ErrDealing, net.round, net.dealers[0], pvss.DealCorrupting(net.round, net.dealers[0], net.keys[0], slot))
	}
}

func TestDealingThatEncryptsAnotherPolynomialThanItCommitsToIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	refuses(t, pvss.ErrDealing, net.round, net.dealers[0], pvss.DealCommittingElsewhere(net.round, net.dealers[0], net.keys[0]))
}

func TestDealingChosenAfterItsChallengeIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	for _, lateEncrypted := range []bool{false, true} {
		refuses(t, pvss.ErrDealing, net.round, net.dealers[0], pvss.DealChoosingLate(net.round, net.dealers[0], net.keys[0], lateEncrypted))
	}
}

func TestDegreeExceededUnseenByKnownWordIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 4)
	refuses(t, pvss.ErrDegree, net.round, net.dealers[0], pvss.DealAgainstKnownWord(net.round, net.dealers[0], net.keys[0]))
}

func TestNoNonceIsUsedTwice(t *testing.T) {
	net := newNetwork(t, 5, 4)
	nextEra := *net
	nextEra.round = newRound(t, testChain, testEra+1, net.round.Threshold(), net.slotKeys)
	seen := map[pvss.Element]bool{}
	for _, dealing := range []pvss.Dealing{net.dealVerified(t, 0), net.dealVerified(t, 1), nextEra.dealVerified(t, 0)} {
		for _, commitment := range pvss.ProofCommitments(dealing) {
			require.NotContains(t, seen, commitment)
			seen[commitment] = true
		}
	}
	require.Len(t, seen, 60)
}

func TestIdentityAnywhereInDealingIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	for x := 0; x <= net.round.Slots(); x++ {
		refuses(t, pvss.ErrIdentity, net.round, net.dealers[0], pvss.DealZeroAt(net.round, net.dealers[0], net.keys[0], x))
	}
}

// notElements are encodings that RFC 9496 A.2 says must be refused, one for each reason.
var notElements = map[string][]byte{
	"a field element not below p": append(bytes.Repeat([]byte{0xff}, 31), 0x7f),
	"p + 2":                       append(append([]byte{0xef}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f),
	"the high bit set":            append(append([]byte{2}, make([]byte, 30)...), 0x80),
	"a negative field element":    append([]byte{1}, make([]byte, 31)...),
	"not a square":                fromHex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
	"a negative xy":               fromHex("3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e"),
	"s = -1, so y = 0":            append(append([]byte{0xec}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f),
}

func TestEncodingsThatAreNotCanonicalElementsAreRefusedInDealing(t *testing.T) {
	net := newNetwork(t, 5, 2)
	dealing := net.deal(t, 0)
	for name, encoding := range notElements {
		for _, at := range []int{0, 1, net.round.Slots(), net.round.Slots() + 1, 2 * net.round.Slots()} {
			t.Run(fmt.Sprintf("%s as element %d", name, at), func(t *testing.T) {
				changed := append([]byte(nil), dealing...)
				copy(changed[at*pvss.ElementSize:], encoding)
				refuses(t, pvss.ErrEncoding, net.round, net.dealers[0], changed)
			})
		}
	}
}

func TestResponseNotBelowGroupOrderIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	changed := net.deal(t, 0)
	last := changed[len(changed)-pvss.ScalarSize:]
	copy(last, addOrder(last))
	refuses(t, pvss.ErrEncoding, net.round, net.dealers[0], changed)
}

func TestDealingWithSwappedSlotsIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	slots, dealing := net.round.Slots(), net.deal(t, 0)
	responses := (2*slots+1)*pvss.ElementSize + pvss.ChallengeSize
	for name, swapped := range map[string]struct {
		want        error
		start, i, j int
	}{
		"encrypted shares of one owner":  {pvss.ErrDealing, (slots + 1) * pvss.ElementSize, 0, 1},
		"encrypted shares of two owners": {pvss.ErrDealing, (slots + 1) * pvss.ElementSize, 0, 9},
		"commitments of two slots":       {pvss.ErrDegree, pvss.ElementSize, 3, 4},
		"the secret's and a slot's":      {pvss.ErrDegree, 0, 0, 1},
		"responses of two slots":         {pvss.ErrDealing, responses, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			changed := append([]byte(nil), dealing...)
			a, b := swapped.start+swapped.i*32, swapped.start+swapped.j*32
			copy(changed[a:a+32], dealing[b:b+32])
			copy(changed[b:b+32], dealing[a:a+32])
			refuses(t, swapped.want, net.round, net.dealers[0], changed)
		})
	}
}

func TestDealingWithSharesOfTwoDealingsMixedIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	own, other := net.deal(t, 0), net.deal(t, 1)
	at := (net.round.Slots() + 1) * pvss.ElementSize
	copy(own[at:at+pvss.ElementSize], other[at:at+pvss.ElementSize])
	refuses(t, pvss.ErrDealing, net.round, net.dealers[0], own)
}

func TestDealingOfAnyOtherLengthIsRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	dealing := net.deal(t, 0)
	require.Len(t, dealing, pvss.DealingSize(net.round.Slots()))
	for name, changed := range map[string][]byte{
		"nothing":         nil,
		"one byte less":   dealing[:len(dealing)-1],
		"one byte more":   append(append([]byte(nil), dealing...), 0),
		"one slot less":   dealing[:pvss.DealingSize(net.round.Slots()-1)],
		"one slot more":   append(append([]byte(nil), dealing...), make([]byte, 96)...),
		"dealing twice":   append(append([]byte(nil), dealing...), dealing...),
		"only the secret": dealing[:pvss.ElementSize],
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, pvss.ErrLength, net.round, net.dealers[0], changed)
			_, err := pvss.ParseDealing(net.round.Slots(), changed)
			require.ErrorIs(t, err, pvss.ErrLength)
		})
	}
}

func TestParsedDealingDoesNotChangeWithItsInput(t *testing.T) {
	net := newNetwork(t, 5, 2)
	encoded := net.deal(t, 0)
	dealing, err := pvss.ParseDealing(net.round.Slots(), encoded)
	require.NoError(t, err)
	commitment := dealing.Commitment()
	encoded[0] ^= 1
	require.Equal(t, commitment, dealing.Commitment())
}

func TestSlotsThatDealingDoesNotHaveAreRefused(t *testing.T) {
	net := newNetwork(t, 5, 2)
	dealing := net.dealVerified(t, 0)
	for _, slot := range []int{-1, 0, net.round.Slots() + 1} {
		_, err := dealing.Encrypted(slot)
		require.ErrorIs(t, err, pvss.ErrSlot)
		_, err = dealing.EncryptedShares([]int{1, slot})
		require.ErrorIs(t, err, pvss.ErrSlot)
	}
	for _, slots := range []int{-1, 0, pvss.MaxSlots + 1} {
		_, err := pvss.ParseDealing(slots, nil)
		require.ErrorIs(t, err, pvss.ErrSlot)
	}
}
