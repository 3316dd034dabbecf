package keeper_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestABeaconKeyThatIsRefusedLeavesNobodyRegistered(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Register(0, "cosmos-1")
	one := testutil.Operator(1).String()
	own := func(change func(*types.BeaconKeyProof)) *types.BeaconKeyProof {
		beacon := testutil.BeaconProof(1, 0)
		change(beacon)
		return beacon
	}
	for name, refused := range map[string]struct {
		beacon *types.BeaconKeyProof
		want   error
		says   string
	}{
		"none":                       {nil, types.ErrInvalidBeaconKey, one + " gives none, want 32 bytes"},
		"an empty one":               {&types.BeaconKeyProof{}, types.ErrInvalidBeaconKey, "gives none"},
		"one of 31 bytes":            {own(func(b *types.BeaconKeyProof) { b.Key = b.Key[1:] }), types.ErrInvalidBeaconKey, "31"},
		"one that is no element":     {own(func(b *types.BeaconKeyProof) { b.Key = bytes.Repeat([]byte{0xff}, 32) }), types.ErrInvalidBeaconKey, "FFFF"},
		"the identity":               {own(func(b *types.BeaconKeyProof) { b.Key = make([]byte, 32) }), types.ErrInvalidBeaconKey, "identity"},
		"one without proof":          {own(func(b *types.BeaconKeyProof) { b.Proof = nil }), types.ErrInvalidProof, "48"},
		"one with a proof cut short": {own(func(b *types.BeaconKeyProof) { b.Proof = b.Proof[:47] }), types.ErrInvalidProof, "47"},
		"one with another's proof":   {own(func(b *types.BeaconKeyProof) { b.Proof = testutil.BeaconProof(2, 0).Proof }), types.ErrInvalidProof, one},
		"one proven for another operator": {
			testutil.ProveBeacon(testutil.ChainID, testutil.Operator(2).String(), testutil.BeaconKey(1, 0)), types.ErrInvalidProof, one,
		},
		"one proven on another chain": {
			testutil.ProveBeacon("stafi-test-2", one, testutil.BeaconKey(1, 0)), types.ErrInvalidProof, testutil.ChainID,
		},
		"another operator's, proven": {
			testutil.ProveBeacon(testutil.ChainID, one, testutil.BeaconKey(0, 0)), types.ErrKeyInUse, testutil.Operator(0).String(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := registrationOf(t, c)
			cached, _ := c.Ctx.CacheContext()
			msg := testutil.Registration(1, "cosmos-1")
			msg.Beacon = refused.beacon
			_, err := c.Msgs.RegisterCandidate(cached, msg)
			require.ErrorIs(t, err, refused.want)
			require.ErrorContains(t, err, refused.says)
			require.Equal(t, before, registrationOf(t, c))
		})
	}
}

func TestAnUpdateKeepsTheBeaconKeyUnlessItGivesAnother(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Register(0, "cosmos-1")
	update := func(beacon *types.BeaconKeyProof) types.Candidate {
		t.Helper()
		_, err := c.Msgs.UpdateCandidate(c.Ctx, &types.MsgUpdateCandidate{
			Operator: testutil.Operator(0).String(), Submitter: testutil.Submitter(0).String(),
			Chains: testutil.Registration(0, "cosmos-1").Chains, Beacon: beacon,
		})
		require.NoError(t, err)
		candidate, err := c.Keeper.Candidates.Get(c.Ctx, testutil.Operator(0))
		require.NoError(t, err)
		return candidate
	}
	keys := make([][]byte, 3)
	for n := range keys {
		keys[n] = testutil.BeaconProof(0, n).Key
	}
	kept := update(nil)
	require.Equal(t, keys[0], kept.BeaconKey)
	require.Equal(t, uint64(0), kept.BeaconEra)
	require.Empty(t, kept.FormerBeaconKey)

	c.RunToEra(3)
	second := update(testutil.BeaconProof(0, 1))
	require.Equal(t, uint64(3), second.BeaconEra)
	require.Equal(t, keys[0], second.BeaconKeyAt(3), "not in the round of the era in which it was registered")
	require.Equal(t, keys[1], second.BeaconKeyAt(4))

	third := update(testutil.BeaconProof(0, 2))
	require.Equal(t, keys[0], third.BeaconKeyAt(3), "two changes in an era do not lose the key that deals in it")
	require.Equal(t, keys[2], third.BeaconKeyAt(4))

	c.RunToEra(4)
	again := update(testutil.BeaconProof(0, 2))
	require.Equal(t, third.BeaconEra, again.BeaconEra, "the same key is as old as it was")
	back := update(testutil.BeaconProof(0, 0))
	require.Equal(t, keys[2], back.BeaconKeyAt(4))
	require.Equal(t, keys[0], back.BeaconKeyAt(5), "an operator may go back to a key of its own")

	thief := testutil.Registration(1, "cosmos-1")
	thief.Beacon = testutil.ProveBeacon(testutil.ChainID, testutil.Operator(1).String(), testutil.BeaconKey(0, 1))
	_, err := c.Msgs.RegisterCandidate(c.Ctx, thief)
	require.ErrorIs(t, err, types.ErrKeyInUse, "a key that is no more in use stays tied")
	roundTrip(t, c)
}

func TestOneThatRegistersAgainDealsByAKeyOfAnEarlierEra(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 4, 3, 4))
	c.RunToEra(2)
	var serving, idle int
	for i := range 8 {
		if excluded(c, testutil.Operator(i).String()) {
			serving = i
		} else {
			idle = i
		}
	}
	for _, i := range []int{serving, idle} {
		_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: testutil.Operator(i).String()})
		require.NoError(t, err)
		_, err = c.Msgs.RegisterCandidate(c.Ctx, testutil.Registration(i, chain))
		require.NoError(t, err)
	}
	kept, err := c.Keeper.Candidates.Get(c.Ctx, testutil.Operator(serving))
	require.NoError(t, err)
	require.NotEmpty(t, kept.BeaconKeyAt(2), "it never left the register")
	anew, err := c.Keeper.Candidates.Get(c.Ctx, testutil.Operator(idle))
	require.NoError(t, err)
	require.Empty(t, anew.BeaconKeyAt(2))
	require.NotEmpty(t, anew.BeaconKeyAt(3))
}
