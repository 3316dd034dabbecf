package pvss_test

import (
	"crypto/sha256"
	"errors"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// drawNetwork draws one to six dealers with one to four slots each and any threshold.
func drawNetwork(t *testing.T, r *rapid.T) *network {
	t.Helper()
	slots := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 6).Draw(r, "slots of each dealer")
	sum := 0
	for _, n := range slots {
		sum += n
	}
	return newNetworkOf(t, slots, rapid.IntRange(1, sum).Draw(r, "threshold"))
}

func TestAnyThresholdSharesInAnyOrderGiveTheOpenedSecret(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		net := drawNetwork(t, r)
		dealer := rapid.IntRange(0, len(net.keys)-1).Draw(r, "dealer")
		dealing := net.dealVerified(t, dealer)
		opened, err := pvss.VerifyOpening(dealing.Commitment(), net.open(t, dealer).Bytes())
		require.NoError(r, err)

		shares := rapid.Permutation(net.allShares(t, dealer, dealing)).Draw(r, "order of shares")
		count := rapid.IntRange(net.round.Threshold(), len(shares)).Draw(r, "shares used")
		rebuilt, err := pvss.Reconstruct(net.round.Threshold(), shares[:count])
		require.NoError(r, err)
		require.Equal(r, opened, rebuilt)

		_, err = pvss.Reconstruct(net.round.Threshold(), shares[:net.round.Threshold()-1])
		require.ErrorIs(r, err, pvss.ErrTooFewShares)
	})
}

func TestOneShareTooFewInterpolatesToAnotherElement(t *testing.T) {
	net := newNetwork(t, 4, 2)
	dealing := net.dealVerified(t, 0)
	secret, err := pvss.VerifyOpening(dealing.Commitment(), net.open(t, 0).Bytes())
	require.NoError(t, err)
	rebuilt, err := pvss.Reconstruct(net.round.Threshold()-1, net.allShares(t, 0, dealing))
	require.NoError(t, err)
	require.NotEqual(t, secret, rebuilt)
}

func TestSeedOfFullRoundDoesNotDependOnWhoOpensAndWhoIsRebuilt(t *testing.T) {
	net := newNetwork(t, 10, 4)
	var want [sha256.Size]byte
	for trial := range 8 {
		order := rand.New(rand.NewSource(int64(trial))) // a reproducible choice of who opens
		secrets := make([]pvss.Element, len(net.keys))
		for dealer := range secrets {
			dealing := net.dealVerified(t, dealer)
			var err error
			if trial == 0 || order.Intn(2) == 0 {
				secrets[dealer], err = pvss.VerifyOpening(dealing.Commitment(), net.open(t, dealer).Bytes())
			} else {
				shares := net.allShares(t, dealer, dealing)
				order.Shuffle(len(shares), func(i, j int) { shares[i], shares[j] = shares[j], shares[i] })
				secrets[dealer], err = pvss.Reconstruct(net.round.Threshold(), shares)
			}
			require.NoError(t, err)
		}
		seed := pvss.Seed(testChain, testEra, secrets)
		if trial == 0 {
			want = seed
		}
		require.Equal(t, want, seed)
	}
}

func TestAnyFlippedBitOfDealingIsRefused(t *testing.T) {
	net := newNetworkOf(t, []int{2, 2, 1}, 2)
	dealing := net.deal(t, 1)
	reached := map[error]int{}
	for bit := range len(dealing) * 8 {
		flipped := append([]byte(nil), dealing...)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := pvss.VerifyDealing(net.round, net.dealers[1], flipped)
		require.Error(t, err, "bit %d", bit)
		for _, sentinel := range []error{pvss.ErrEncoding, pvss.ErrDegree, pvss.ErrDealing} {
			if errors.Is(err, sentinel) {
				reached[sentinel]++
			}
		}
	}
	require.Len(t, reached, 3, "flips reach every check: %v", reached)
}

func TestAnyChangedByteOfLargeDealingIsRefused(t *testing.T) {
	net := newNetwork(t, 8, 4)
	dealing := net.deal(t, 0)
	rapid.Check(t, func(r *rapid.T) {
		changed := append([]byte(nil), dealing...)
		at := rapid.IntRange(0, len(dealing)-1).Draw(r, "byte")
		changed[at] ^= rapid.ByteRange(1, 255).Draw(r, "difference")
		_, err := pvss.VerifyDealing(net.round, net.dealers[0], changed)
		require.Error(r, err)
	})
}

func TestSameArgumentsGiveTheSameBytesAfterRestart(t *testing.T) {
	before, after := newNetwork(t, 4, 4), newNetwork(t, 4, 4)
	require.Equal(t, before.deal(t, 2), after.deal(t, 2))
	require.Equal(t, before.open(t, 2).Bytes(), after.open(t, 2).Bytes())
	dealing := before.dealVerified(t, 2)
	require.Equal(t, before.decrypt(t, 2, 1, dealing), after.decrypt(t, 2, 1, dealing))
}

func TestEveryRoundAndDealerHasItsOwnSecret(t *testing.T) {
	net := newNetwork(t, 4, 2)
	threshold, key := net.round.Threshold(), net.keys[0]
	otherKeys := append([]pvss.PublicKey(nil), net.slotKeys...)
	otherKeys[7] = otherKeys[0]
	openings := map[string]string{}
	for name, opened := range map[string]struct {
		round  *pvss.Round
		dealer string
	}{
		"the round":         {net.round, "a"},
		"another dealer":    {net.round, "b"},
		"another era":       {newRound(t, testChain, testEra+1, threshold, net.slotKeys), "a"},
		"another chain":     {newRound(t, "stafi-test-2", testEra, threshold, net.slotKeys), "a"},
		"another threshold": {newRound(t, testChain, testEra, threshold+1, net.slotKeys), "a"},
		"another slot's owner": {
			newRound(t, testChain, testEra, threshold, otherKeys), "a",
		},
	} {
		opening, err := pvss.OpenDealing(opened.round, opened.dealer, key)
		require.NoError(t, err)
		require.NotContains(t, openings, string(opening.Bytes()), name)
		openings[string(opening.Bytes())] = name
	}
}

func TestDealingMayBeVerifiedByManyAtOnce(t *testing.T) {
	net := newNetwork(t, 4, 2)
	dealing, results := net.deal(t, 0), make(chan error)
	for range 8 {
		go func() {
			_, err := pvss.VerifyDealing(net.round, net.dealers[0], dealing)
			results <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-results)
	}
}

func TestLargestRoundIsDealtVerifiedAndRebuilt(t *testing.T) {
	net := newNetwork(t, pvss.MaxSlots/4, 4)
	require.Equal(t, pvss.MaxSlots, net.round.Slots())
	dealing := net.dealVerified(t, 63)
	opened, err := pvss.VerifyOpening(dealing.Commitment(), net.open(t, 63).Bytes())
	require.NoError(t, err)
	shares := net.allShares(t, 63, dealing)
	rebuilt, err := pvss.Reconstruct(net.round.Threshold(), shares[len(shares)-net.round.Threshold():])
	require.NoError(t, err)
	require.Equal(t, opened, rebuilt)
}

func TestDealingOfTwoHundredSlotsAndRoundOfFiftyStayWithinTheirBytes(t *testing.T) {
	require.LessOrEqual(t, pvss.DealingSize(200), 20_000)
	require.LessOrEqual(t, 50*(pvss.DealingSize(200)+pvss.ScalarSize), 1_000_000)
	require.Len(t, newNetwork(t, 50, 4).deal(t, 0), 19_248)
}
