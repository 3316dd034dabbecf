package keeper_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// heartbeats is an operator's account of an era that is over.
func heartbeats(c *testutil.Chain, era uint64, i int) types.HeartbeatAccount {
	answer, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: testutil.Operator(i).String(), Era: era})
	require.NoError(c.T, err)
	return answer.Heartbeats
}

func TestADealerThatFailsItsDutyMissesHeartbeatsAndTheNextPool(t *testing.T) {
	c := dealingFor(t, nil)
	c.Conducts = map[int]testutil.Conduct{0: {Silent: true}, 1: {Sealed: true}, 2: {Dealing: func(d []byte) []byte { return make([]byte, len(d)) }}}
	c.RunToEra(2)
	require.Equal(t, types.ROUND_STATUS_DONE, round(c).Round.Status)
	for i := range 8 {
		operator := testutil.Operator(i).String()
		account := heartbeats(c, 1, i)
		require.Equal(t, uint64(2), account.Due, "seven blocks of dealing and revealing are two intervals of four")
		atFault := i <= 2
		require.Equal(t, atFault, account.Sent == 0, "validator %d", i)
		found, err := c.Keeper.DealerFault(c.Ctx, 1, operator)
		require.NoError(t, err)
		require.Equal(t, atFault, found, "validator %d", i)
		current, err := c.Keeper.DealerFault(c.Ctx, 2, operator)
		require.NoError(t, err)
		require.False(t, current, "the era is not over")
	}
	c.RunToEra(3)
	pool, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: 2})
	require.NoError(t, err)
	require.Len(t, pool.Entries, 5)
	for _, entry := range pool.Entries {
		for i := range 3 {
			require.NotEqual(t, testutil.Operator(i).String(), entry.Operator)
		}
	}
	c.Conducts = nil
	c.RunToEra(4)
	pool, err = c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: 3})
	require.NoError(t, err)
	require.Len(t, pool.Entries, 8, "for one era")
}

func TestBlameIsForWhatCouldHaveBeenDoneInTime(t *testing.T) {
	open := types.Round{Status: types.ROUND_STATUS_FAILED, DealEnd: 100}
	closed := types.Round{Status: types.ROUND_STATUS_FAILED, DealEnd: 100, CloseHeight: 90}
	revealed := types.Round{Status: types.ROUND_STATUS_FAILED, DealEnd: 100, CloseHeight: 90, RevealEnd: 150}
	for name, test := range map[string]struct {
		round  types.Round
		status types.DealerStatus
		ended  int64
		want   bool
	}{
		"not dealt when the era ended before the last block for it":  {open, types.DEALER_STATUS_AWAITED, 99, false},
		"not dealt when the era ended in the last block for it":      {open, types.DEALER_STATUS_AWAITED, 100, true},
		"not dealt at the close":                                     {closed, types.DEALER_STATUS_AWAITED, 91, true},
		"dealt and not verified when the era ended":                  {open, types.DEALER_STATUS_HANDED_IN, 120, false},
		"dealt in a round with too few dealings":                     {closed, types.DEALER_STATUS_DEALT, 200, false},
		"not opened when the era ended before the last block for it": {revealed, types.DEALER_STATUS_DEALT, 149, false},
		"not opened in time":                                         {revealed, types.DEALER_STATUS_DEALT, 150, true},
		"rebuilt though the era ended early":                         {revealed, types.DEALER_STATUS_REBUILT, 149, true},
		"opened in a round that others made fail":                    {revealed, types.DEALER_STATUS_OPENED, 200, false},
		"not dealt though the era ended early then":                  {revealed, types.DEALER_STATUS_AWAITED, 91, true},
	} {
		require.Equal(t, test.want, test.round.AtFault(types.Dealer{Status: test.status}, test.ended), name)
	}
}

func TestAnEraThatEndsInTheMiddleOfARoundFailsItAndBlamesNobodyForWhatThereWasTimeFor(t *testing.T) {
	for name, test := range map[string]struct {
		status  types.RoundStatus
		conduct testutil.Conduct
		reason  string
		blamed  bool
	}{
		"while dealings are taken": {types.ROUND_STATUS_DEAL, testutil.Conduct{Silent: true}, "every dealing was verified", false},
		"while secrets are opened": {types.ROUND_STATUS_REVEAL, testutil.Conduct{Sealed: true}, "every secret was known", false},
		"after it was not dealt":   {types.ROUND_STATUS_REVEAL, testutil.Conduct{Silent: true}, "every secret was known", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := dealing(t)
			c.Conducts = map[int]testutil.Conduct{5: test.conduct}
			if test.blamed {
				c.Conducts[6] = testutil.Conduct{Sealed: true}
			}
			runTo(c, test.status)
			if test.status == types.ROUND_STATUS_REVEAL && test.blamed {
				require.Equal(t, types.DEALER_STATUS_AWAITED, dealerOf(c, 5).Status)
			}
			c.Deal()
			c.EndBlock(era(c).EndTime)
			c.Next()
			require.Equal(t, uint64(2), era(c).Number)
			failed := round(c)
			require.Equal(t, types.ROUND_STATUS_FAILED, failed.Round.Status)
			require.Equal(t, "the era ended before "+test.reason, failed.Round.Reason)
			for i := range 8 {
				require.Equal(t, test.blamed && i == 5, heartbeats(c, 1, i).Sent == 0, "validator %d", i)
			}
			_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
			require.NoError(t, err)
			require.False(t, found)
			c.Conducts = nil
			c.RunToEra(3)
			require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
		})
	}
}

func TestASecretOpenedInAnErasLastBlockStillGivesTheSeed(t *testing.T) {
	c := dealing(t)
	runTo(c, types.ROUND_STATUS_REVEAL)
	c.EndBlock(era(c).EndTime)
	require.Equal(t, types.ROUND_STATUS_REVEAL, round(c).Round.Status)
	c.Next()
	require.Equal(t, types.ROUND_STATUS_DONE, round(c).Round.Status)
	require.Equal(t, uint64(2), era(c).Number)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
}

func TestABlockVerifiesAndRebuildsNoMoreThanTheParameterAllows(t *testing.T) {
	params := testutil.Params()
	params.EraDuration, params.BeaconWindow, params.ClosingEras = 19*testutil.BlockTime, 9*testutil.BlockTime, 0
	params.BeaconSize, params.DealBlocks, params.RevealBlocks, params.MaxDealingsPerBlock = 8, 4, 3, 2
	c := dealingWith(t, params, 8)
	c.Conducts = map[int]testutil.Conduct{0: {Sealed: true}, 1: {Sealed: true}, 2: {Sealed: true}, 3: {Sealed: true}, 4: {Sealed: true}}
	runTo(c, types.ROUND_STATUS_DEAL)
	// A parameter that changes meanwhile holds for the next round only.
	params.MaxDealingsPerBlock = 64
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	count := func(status types.DealerStatus) int {
		found := 0
		for _, dealer := range round(c).Dealers {
			if dealer.Status == status {
				found++
			}
		}
		return found
	}
	for block := 1; block <= 4; block++ {
		require.Equal(t, types.ROUND_STATUS_DEAL, round(c).Round.Status)
		c.Next()
		require.Equal(t, 2*block, count(types.DEALER_STATUS_DEALT))
	}
	closed := round(c).Round
	require.Equal(t, types.ROUND_STATUS_REVEAL, closed.Status)
	rebuilt := 0
	for c.Ctx.BlockHeight() <= closed.RevealEnd {
		c.Next()
		now := count(types.DEALER_STATUS_REBUILT)
		require.LessOrEqual(t, now-rebuilt, 2)
		rebuilt = now
	}
	require.Equal(t, 2, rebuilt, "shares were taken in the last block only")
	c.Next()
	require.Equal(t, types.ROUND_STATUS_REVEAL, round(c).Round.Status, "what can be rebuilt is, past the last block for shares")
	c.Next()
	require.Equal(t, types.ROUND_STATUS_DONE, round(c).Round.Status)
}

func TestDealingsThatWaitAreVerifiedOldestFirstAndBeforeTheClose(t *testing.T) {
	params := testutil.Params()
	params.EraDuration, params.BeaconWindow, params.ClosingEras = 19*testutil.BlockTime, 9*testutil.BlockTime, 0
	params.BeaconSize, params.DealBlocks, params.RevealBlocks, params.MaxDealingsPerBlock = 8, 8, 2, 1
	c := dealingWith(t, params, 8)
	for i := range 8 {
		c.Conducts[i] = testutil.Conduct{Silent: true}
	}
	opened := runTo(c, types.ROUND_STATUS_DEAL)
	last := indexOf(c, opened, 7)
	require.NoError(t, deal(c, last, 1, dealingOf(c, last)))
	require.NoError(t, deal(c, indexOf(c, opened, 6), 1, dealingOf(c, indexOf(c, opened, 6))))
	c.Next()
	require.NoError(t, deal(c, indexOf(c, opened, 0), 1, dealingOf(c, indexOf(c, opened, 0))))
	require.Equal(t, types.DEALER_STATUS_DEALT, dealerOf(c, indexOf(c, opened, 6)).Status, "in order of operator within a block")
	require.Equal(t, types.DEALER_STATUS_HANDED_IN, dealerOf(c, last).Status)
	c.Next()
	require.Equal(t, types.DEALER_STATUS_DEALT, dealerOf(c, last).Status, "who handed in first")
	require.Equal(t, types.DEALER_STATUS_HANDED_IN, dealerOf(c, indexOf(c, opened, 0)).Status)
}

func TestSixtyFourDealersShareTheSeedAtOnce(t *testing.T) {
	params := testutil.Params()
	params.BeaconSize, params.DealBlocks, params.RevealBlocks = 64, 1, 2
	c := dealingWith(t, params, 71, demand(1, 3, 3, 3))
	c.Conducts = map[int]testutil.Conduct{0: {Sealed: true}}
	answer := runTo(c, types.ROUND_STATUS_DEAL)
	require.Len(t, answer.Dealers, 64)
	require.Equal(t, uint32(256), answer.Round.Slots)
	require.Equal(t, uint32(86), answer.Round.Threshold)
	c.RunToEra(2)
	require.Equal(t, types.ROUND_STATUS_DONE, round(c).Round.Status)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
}

func TestARoundSurvivesExportAndImportInEveryBlock(t *testing.T) {
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{1: {Sealed: true}, 2: {Silent: true}}
	seen := map[types.RoundStatus]bool{}
	for range 24 {
		c.Next()
		roundTrip(t, c)
		if answer, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{}); err == nil {
			seen[answer.Round.Status] = true
		}
		c.Deal()
		roundTrip(t, c)
	}
	require.Len(t, seen, 3)
	require.Equal(t, uint64(2), era(c).Number)
}

// imported goes on on the state of a genesis.
func imported(c *testutil.Chain) {
	defer c.LengthenPhases()()
	exported := c.Module.ExportGenesis(c.Ctx, c.Codec)
	store := c.Ctx.KVStore(c.Key)
	iterator := store.Iterator(nil, nil)
	var keys [][]byte
	for ; iterator.Valid(); iterator.Next() {
		keys = append(keys, bytes.Clone(iterator.Key()))
	}
	require.NoError(c.T, iterator.Close())
	for _, key := range keys {
		store.Delete(key)
	}
	c.Module.InitGenesis(c.Ctx, c.Codec, exported)
}

func TestARoundThatIsExportedInAnyBlockGivesTheSameSeed(t *testing.T) {
	conducts := map[int]testutil.Conduct{1: {Sealed: true}, 2: {Silent: true}}
	undisturbed := dealing(t)
	undisturbed.Conducts = conducts
	want := runTo(undisturbed, types.ROUND_STATUS_DONE).Round
	c := dealing(t)
	c.Conducts = conducts
	for range 20 {
		c.Next()
		imported(c)
	}
	require.Equal(t, want, round(c).Round)
}

func TestDealingsAndDecryptionsOfARoundThatEndedAreRemovedAFewABlock(t *testing.T) {
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{1: {Sealed: true}}
	runTo(c, types.ROUND_STATUS_REVEAL)
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	params.MaxPrunesPerBlock = 3
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	kept := func() (records int) {
		genesis, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		return len(genesis.Rounds[0].Dealings) + len(genesis.Rounds[0].Decryptions)
	}
	for round(c).Round.Status != types.ROUND_STATUS_DONE {
		c.Next()
	}
	require.Equal(t, 8+8-3, kept())
	roundTrip(t, c)
	c.Next()
	require.Equal(t, 8+8-6, kept())
	c.RunToEra(2)
	require.Zero(t, kept())
	require.Len(t, round(c).Dealers, 8, "who dealt what stays")
	ended, err := c.Keeper.EndedRounds.Has(c.Ctx, 1)
	require.NoError(t, err)
	require.False(t, ended)
	c.RunToEra(9)
	c.Run(3)
	_, err = c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: 1})
	require.ErrorContains(t, err, "round not found")
	left := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](1)
	iterator, err := c.Keeper.Dealers.Iterate(c.Ctx, left)
	require.NoError(t, err)
	require.False(t, iterator.Valid(), "until the era's history is over")
	require.NoError(t, iterator.Close())
}

func TestTheFirstElectionGoesByTheSeedThatGenesisNames(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 4, 3, 4))
	first := bytes.Repeat([]byte{7}, 32)
	require.NoError(t, c.Keeper.FirstSeed.Set(c.Ctx, first))
	roundTrip(t, c)
	c.RunToEra(2)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
	record, err := c.Keeper.EraRecords.Get(c.Ctx, 2)
	require.NoError(t, err)
	require.Equal(t, first, record.Seed)
	_, err = c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{})
	require.ErrorContains(t, err, "there was none yet")
	roundTrip(t, c)
	c.RunToEra(3)
	require.Equal(t, types.ROUND_STATUS_DONE, round(c).Round.Status)
	require.NotEqual(t, first, round(c).Round.Seed, "once only")
}

func TestADealingAndItsDecryptorsCanBeAskedForWhileTheRoundRuns(t *testing.T) {
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{1: {Sealed: true}, 4: {Idle: true}}
	for i := range 8 {
		if i != 1 && i != 2 && i != 3 {
			c.Conducts[i] = testutil.Conduct{Idle: true}
		}
	}
	closed := runTo(c, types.ROUND_STATUS_REVEAL)
	answer, err := c.Queries.Dealing(c.Ctx, &types.QueryDealingRequest{Era: 1, Operator: testutil.Operator(1).String()})
	require.NoError(t, err)
	require.Equal(t, dealingOf(c, 1), answer.Dealing)
	require.Empty(t, answer.Decryptors)
	for c.Ctx.BlockHeight() < closed.Round.DecryptFrom {
		c.Next()
	}
	c.Deal()
	answer, err = c.Queries.Dealing(c.Ctx, &types.QueryDealingRequest{Operator: testutil.Operator(1).String()})
	require.NoError(t, err)
	want := []string{testutil.Operator(1).String(), testutil.Operator(2).String(), testutil.Operator(3).String()}
	slices.Sort(want)
	got := slices.Clone(answer.Decryptors)
	slices.Sort(got)
	require.Equal(t, want, got)
	require.Equal(t, uint32(12), dealerOf(c, 1).Shares)
}

func TestGasIsChargedForVerificationByTheSlot(t *testing.T) {
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{0: {Silent: true}}
	runTo(c, types.ROUND_STATUS_DEAL)
	c.Ctx = c.Ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	require.NoError(t, deal(c, 0, 1, dealingOf(c, 0)))
	used := c.Ctx.GasMeter().GasConsumed()
	written := uint64(30 * pvss.DealingSize(32))
	require.Greater(t, used, written+32*600)
	require.Less(t, used, written+32*600+25_000)
}

func TestADealerWithoutASlotDealsAndOpensAndDecryptsNothing(t *testing.T) {
	params := testutil.Params()
	params.BeaconSize, params.MaxCandidatePower = 64, math.LegacyOneDec()
	params.DealBlocks, params.RevealBlocks = 1, 2
	stakes := slices.Repeat([]int64{2}, 64)
	copy(stakes, []int64{200, 200, 200, 200})
	c := testutil.New(t, params, stakes...)
	for i := range stakes {
		c.Register(i, chain)
	}
	opened := runTo(c, types.ROUND_STATUS_DEAL)
	require.Len(t, opened.Dealers, 18, "828 of 920 is nine tenths")
	require.Equal(t, uint32(18), dealerOf(c, 0).Slots, "17.4 of 72, and 0.17 for each of the light ones")
	var light []int
	for n, dealer := range opened.Dealers {
		if dealer.Slots == 0 {
			light = append(light, indexOf(c, opened, n))
		}
	}
	require.Len(t, light, 14)
	i, sealed := light[0], light[1]
	c.Conducts[sealed] = testutil.Conduct{Sealed: true}
	closed := runTo(c, types.ROUND_STATUS_REVEAL)
	for c.Ctx.BlockHeight() < closed.Round.DecryptFrom {
		c.Next()
	}
	require.Equal(t, types.DEALER_STATUS_OPENED, dealerOf(c, i).Status)
	_, err := c.Msgs.Decrypt(c.Ctx, &types.MsgDecrypt{Submitter: testutil.Submitter(i).String(), Era: 1, Dealer: testutil.Operator(sealed).String()})
	require.ErrorIs(t, err, types.ErrNotDealer)
	require.ErrorContains(t, err, "owns no slot")
	c.Next()
	require.Equal(t, types.ROUND_STATUS_DONE, round(c).Round.Status)
	roundTrip(t, c)
}
