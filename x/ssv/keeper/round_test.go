package keeper_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// dealing is a chain of eight equal validators, all of which are dealers with four slots each, in whose window there is time to deal three
// times and to reveal for four blocks. Its contract wants a committee of three.
func dealing(t testing.TB) *testutil.Chain {
	t.Helper()
	return dealingFor(t, []types.Demand{demand(1, 3, 3, 3)})
}

func dealingFor(t testing.TB, demands []types.Demand) *testutil.Chain {
	t.Helper()
	params := testutil.Params()
	params.EraDuration, params.BeaconWindow, params.ClosingEras = 19*testutil.BlockTime, 9*testutil.BlockTime, 0
	params.BeaconSize, params.DealBlocks, params.RevealBlocks, params.MaxDealingsPerBlock = 8, 3, 4, 8
	return dealingWith(t, params, 8, demands...)
}

func dealingWith(t testing.TB, params types.Params, count int, demands ...types.Demand) *testutil.Chain {
	t.Helper()
	c := testutil.New(t, params, equalStakes(count, 100)...)
	c.Keeper.SetHooks(&testutil.Contracts{Wanted: demands})
	for i := range count {
		c.Register(i, chain)
	}
	return c
}

// round returns the newest round and its dealers.
func round(c *testutil.Chain) *types.QuerySeedResponse {
	answer, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{})
	require.NoError(c.T, err)
	return answer
}

// runTo ends blocks until the first era's round has that status.
func runTo(c *testutil.Chain, status types.RoundStatus) *types.QuerySeedResponse {
	for range 30 {
		c.Next()
		answer, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{})
		if err == nil && answer.Round.Status == status {
			return answer
		}
	}
	c.T.Fatalf("the round is never %s but %v", status, round(c).Round)
	return nil
}

// indexOf returns the index of the validator that is the n-th dealer.
func indexOf(c *testutil.Chain, answer *types.QuerySeedResponse, n int) int {
	for i := range 64 {
		if testutil.Operator(i).String() == answer.Dealers[n].Operator {
			return i
		}
	}
	c.T.Fatalf("dealer %d is no validator", n)
	return -1
}

func dealerOf(c *testutil.Chain, i int) types.Dealer {
	for _, dealer := range round(c).Dealers {
		if dealer.Operator == testutil.Operator(i).String() {
			return dealer
		}
	}
	c.T.Fatalf("validator %d is no dealer", i)
	return types.Dealer{}
}

func proofsOf(c *testutil.Chain) *pvss.Round {
	answer := round(c)
	proofs, err := answer.Round.Context(testutil.ChainID, answer.Dealers)
	require.NoError(c.T, err)
	return proofs
}

func dealingOf(c *testutil.Chain, i int) []byte {
	dealing, err := pvss.Deal(proofsOf(c), testutil.Operator(i).String(), testutil.BeaconKey(i, 0))
	require.NoError(c.T, err)
	return dealing
}

func deal(c *testutil.Chain, i int, era uint64, dealing []byte) error {
	cached, write := c.Ctx.CacheContext()
	_, err := c.Msgs.Deal(cached, &types.MsgDeal{Submitter: testutil.Submitter(i).String(), Era: era, Dealing: dealing})
	if err == nil {
		write()
	}
	return err
}

func open(c *testutil.Chain, i int, secret []byte) error {
	_, err := c.Msgs.Open(c.Ctx, &types.MsgOpen{Submitter: testutil.Submitter(i).String(), Era: 1, Secret: secret})
	return err
}

func openingOf(c *testutil.Chain, i int) []byte {
	opening, err := pvss.OpenDealing(proofsOf(c), testutil.Operator(i).String(), testutil.BeaconKey(i, 0))
	require.NoError(c.T, err)
	return opening.Bytes()
}

func TestARoundOfTheSeedElectsByWhatItsDealersShared(t *testing.T) {
	c := dealing(t)
	opened := runTo(c, types.ROUND_STATUS_DEAL)
	require.Equal(t, c.Ctx.BlockHeight()-1, opened.Round.FreezeHeight)
	require.Equal(t, opened.Round.FreezeHeight+3, opened.Round.DealEnd)
	require.Len(t, opened.Dealers, 8)
	require.Equal(t, uint32(32), opened.Round.Slots)
	require.Equal(t, uint32(11), opened.Round.Threshold)
	for i, dealer := range opened.Dealers {
		require.Equal(t, types.DEALER_STATUS_AWAITED, dealer.Status)
		require.Equal(t, uint32(4*i+1), dealer.FirstSlot)
		require.Equal(t, uint32(4), dealer.Slots)
		require.Equal(t, uint64(100), dealer.Weight)
	}

	c.Next()
	closed := round(c).Round
	require.Equal(t, types.ROUND_STATUS_REVEAL, closed.Status, "it closes once all have dealt")
	require.Equal(t, closed.FreezeHeight+1, closed.CloseHeight)
	require.Equal(t, closed.CloseHeight+3, closed.DecryptFrom)
	require.Equal(t, closed.CloseHeight+4, closed.RevealEnd)

	c.Next()
	done := round(c)
	require.Equal(t, types.ROUND_STATUS_DONE, done.Round.Status)
	var elements []pvss.Element
	for _, dealer := range done.Dealers {
		require.Equal(t, types.DEALER_STATUS_OPENED, dealer.Status)
		elements = append(elements, pvss.Element(dealer.Element))
	}
	seed := pvss.Seed(done.ChainId, 1, elements)
	require.Equal(t, seed[:], done.Round.Seed)
	freeze, err := c.Keeper.Freezes.Get(c.Ctx, 1)
	require.NoError(t, err)
	require.Equal(t, seed[:], freeze.Seed)
	require.Empty(t, freeze.Heaviest)
	c.RunToEra(2)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
	record, err := c.Keeper.EraRecords.Get(c.Ctx, 2)
	require.NoError(t, err)
	require.Equal(t, seed[:], record.Seed)
}

func TestDealersAreTheHeaviestWithAKeyThatIsAnEraOld(t *testing.T) {
	params := testutil.Params()
	params.BeaconSize, params.MinStake = 64, params.MinStake.QuoRaw(100)
	params.MaxCandidatePower = params.MaxCandidatePower.MulInt64(4)
	c := testutil.New(t, params, 30, 28, 22, 8, 6, 5, 1)
	for i := range 7 {
		c.Register(i, chain)
	}
	// The second heaviest changes its key in this era and deals by the one before; the fifth has no key of an earlier era at all.
	replaced := testutil.BeaconProof(1, 1)
	_, err := c.Msgs.UpdateCandidate(c.Ctx, &types.MsgUpdateCandidate{
		Operator: testutil.Operator(1).String(), Submitter: testutil.Submitter(1).String(), Chains: testutil.Registration(1, chain).Chains, Beacon: replaced,
	})
	require.NoError(t, err)
	late, err := c.Keeper.Candidates.Get(c.Ctx, testutil.Operator(4))
	require.NoError(t, err)
	late.BeaconEra = 1
	require.NoError(t, c.Keeper.Candidates.Set(c.Ctx, testutil.Operator(4), late))
	require.NoError(t, c.Keeper.MarkStanding(c.Ctx, testutil.Operator(4)))
	answer := runTo(c, types.ROUND_STATUS_DEAL)
	// 30+28+22+8 = 88 of 100 is less than nine tenths; with the sixth, 93 is not.
	want := []int{0, 1, 2, 3, 5}
	require.Len(t, answer.Dealers, len(want))
	var total uint32
	for _, dealer := range answer.Dealers {
		at := slices.IndexFunc(want, func(i int) bool { return testutil.Operator(i).String() == dealer.Operator })
		require.GreaterOrEqual(t, at, 0, dealer.Operator)
		key := testutil.BeaconKey(want[at], 0).PublicKey()
		require.Equal(t, key[:], dealer.BeaconKey)
		require.Equal(t, []uint64{30, 28, 22, 8, 5}[at], dealer.Weight)
		require.Equal(t, []uint32{6, 6, 5, 2, 1}[at], dealer.Slots, "largest remainders of 6.45, 6.02, 4.73, 1.72, 1.08")
		total += dealer.Slots
	}
	require.Equal(t, uint32(20), total)
	c.RunToEra(2)
	next := runToEraRound(c, 2)
	at := slices.IndexFunc(next.Dealers, func(d types.Dealer) bool { return d.Operator == testutil.Operator(1).String() })
	require.Equal(t, replaced.Key, next.Dealers[at].BeaconKey, "the new key deals from the next era on")
}

func runToEraRound(c *testutil.Chain, era uint64) *types.QuerySeedResponse {
	for range 60 {
		if answer, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: era}); err == nil {
			return answer
		}
		c.Next()
	}
	c.T.Fatalf("era %d has no round", era)
	return nil
}

func TestFewerThanFourDealersHoldNoRoundAndNobodyIsElected(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(8, 100)...)
	c.Keeper.SetHooks(&testutil.Contracts{Wanted: []types.Demand{demand(1, 2, 2, 2)}})
	for i := range 3 {
		c.Register(i, chain)
	}
	c.RunToEra(2)
	answer := round(c)
	require.Equal(t, types.ROUND_STATUS_FAILED, answer.Round.Status)
	require.Equal(t, "3 candidates with a beacon key that is an era old would deal, want at least 4", answer.Round.Reason)
	require.Empty(t, answer.Dealers)
	_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
	require.NoError(t, err)
	require.False(t, found)
	record, err := c.Keeper.EraRecords.Get(c.Ctx, 2)
	require.NoError(t, err)
	require.Contains(t, record.Election, answer.Round.Reason)
	roundTrip(t, c)
}

func TestTheSeedIsTheSameWhoeverOpensAndWhicheverSharesAreUsed(t *testing.T) {
	seedWith := func(conducts map[int]testutil.Conduct) ([]byte, *types.QuerySeedResponse) {
		c := dealing(t)
		c.Conducts = conducts
		done := runTo(c, types.ROUND_STATUS_DONE)
		return done.Round.Seed, done
	}
	opened, _ := seedWith(nil)
	garbled := func(shares [][]byte) [][]byte {
		shares[0] = shares[1]
		return shares
	}
	flipped := func(secret []byte) []byte {
		secret[0] ^= 1
		return secret
	}
	for name, test := range map[string]struct {
		conducts map[int]testutil.Conduct
		rebuilt  int
	}{
		"one deals and vanishes":                  {map[int]testutil.Conduct{3: {Sealed: true, Idle: true}}, 1},
		"all are rebuilt":                         {map[int]testutil.Conduct{0: {Sealed: true}, 1: {Sealed: true}, 2: {Sealed: true}, 3: {Sealed: true}, 4: {Sealed: true}, 5: {Sealed: true}, 6: {Sealed: true}, 7: {Sealed: true}}, 8},
		"only the threshold's owners decrypt":     {map[int]testutil.Conduct{0: {Sealed: true, Idle: true}, 1: {Idle: true}, 2: {Idle: true}, 3: {Idle: true}, 4: {Idle: true}}, 1},
		"only three others decrypt":               {map[int]testutil.Conduct{0: {Sealed: true, Idle: true}, 5: {Idle: true}, 6: {Idle: true}, 7: {Idle: true}, 1: {Idle: true}}, 1},
		"one opens a wrong secret":                {map[int]testutil.Conduct{2: {Opening: flipped}}, 1},
		"one decrypts wrongly what is held back":  {map[int]testutil.Conduct{2: {Sealed: true}, 4: {Shares: garbled}}, 1},
		"some are opened and others rebuilt":      {map[int]testutil.Conduct{1: {Sealed: true}, 6: {Sealed: true}}, 2},
		"two vanish and a third decrypts wrongly": {map[int]testutil.Conduct{1: {Sealed: true, Idle: true}, 6: {Sealed: true, Idle: true}, 7: {Shares: garbled}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			seed, done := seedWith(test.conducts)
			require.Equal(t, opened, seed)
			rebuilt := 0
			for _, dealer := range done.Dealers {
				if dealer.Status == types.DEALER_STATUS_REBUILT {
					rebuilt++
				}
			}
			require.Equal(t, test.rebuilt, rebuilt)
		})
	}
}

func TestWhoDoesNotDealIsNoPartOfTheSeed(t *testing.T) {
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{3: {Silent: true}}
	done := runTo(c, types.ROUND_STATUS_DONE)
	require.Equal(t, done.Round.DealEnd, done.Round.CloseHeight, "a dealing may come until the last block for it")
	var elements []pvss.Element
	for _, dealer := range done.Dealers {
		if dealer.Operator == testutil.Operator(3).String() {
			require.Equal(t, types.DEALER_STATUS_AWAITED, dealer.Status)
			continue
		}
		elements = append(elements, pvss.Element(dealer.Element))
	}
	require.Len(t, elements, 7)
	seed := pvss.Seed(testutil.ChainID, 1, elements)
	require.Equal(t, seed[:], done.Round.Seed)
}

func TestADealingThatDoesNotVerifyIsRefusedByNameAndCostsNobodyElse(t *testing.T) {
	for name, test := range map[string]struct {
		forge func(c *testutil.Chain, own []byte) []byte
		says  string
	}{
		"another's": {func(c *testutil.Chain, _ []byte) []byte { return dealingOf(c, 1) }, "proof of the dealing does not hold"},
		"another's, negated": {func(c *testutil.Chain, _ []byte) []byte {
			dealing := dealingOf(c, 1)
			response := dealing[len(dealing)-pvss.ScalarSize:]
			response[0] ^= 1
			return dealing
		}, "does not hold"},
		"one of another era": {func(c *testutil.Chain, _ []byte) []byte {
			answer := round(c)
			answer.Round.Era = 7
			proofs, err := answer.Round.Context(testutil.ChainID, answer.Dealers)
			require.NoError(c.T, err)
			dealing, err := pvss.Deal(proofs, testutil.Operator(0).String(), testutil.BeaconKey(0, 0))
			require.NoError(c.T, err)
			return dealing
		}, "proof of the dealing does not hold"},
		"one of a higher degree": {func(c *testutil.Chain, _ []byte) []byte {
			answer := round(c)
			answer.Round.Threshold++
			proofs, err := answer.Round.Context(testutil.ChainID, answer.Dealers)
			require.NoError(c.T, err)
			dealing, err := pvss.Deal(proofs, testutil.Operator(0).String(), testutil.BeaconKey(0, 0))
			require.NoError(c.T, err)
			return dealing
		}, "exceed the degree"},
		"one with a share swapped": {func(_ *testutil.Chain, own []byte) []byte {
			first, second := own[33*32:34*32], own[34*32:35*32]
			swapped := bytes.Clone(first)
			copy(first, second)
			copy(second, swapped)
			return own
		}, "proof of the dealing does not hold"},
		"one with a share that is no element": {func(_ *testutil.Chain, own []byte) []byte {
			for i := range 32 {
				own[33*32+i] = 0xff
			}
			return own
		}, "canonical"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dealing(t)
			c.Conducts = map[int]testutil.Conduct{0: {Silent: true}}
			runTo(c, types.ROUND_STATUS_DEAL)
			require.NoError(t, deal(c, 0, 1, test.forge(c, dealingOf(c, 0))))
			require.Equal(t, types.DEALER_STATUS_HANDED_IN, dealerOf(c, 0).Status)
			c.Ctx = c.Ctx.WithEventManager(sdk.NewEventManager())
			c.Deal()
			cached, _ := c.Ctx.CacheContext()
			_, err := c.Module.EndBlock(cached)
			require.NoError(t, err)
			require.Contains(t, refusalOf(cached), test.says)
			c.Next()
			refused := dealerOf(c, 0)
			require.Equal(t, types.DEALER_STATUS_AWAITED, refused.Status)
			require.Equal(t, uint32(1), refused.Refused)
			require.Empty(t, refused.DealingHash)
			_, err = c.Queries.Dealing(c.Ctx, &types.QueryDealingRequest{Era: 1, Operator: testutil.Operator(0).String()})
			require.ErrorContains(t, err, "no dealing")
			for i := 1; i < 8; i++ {
				require.Equal(t, types.DEALER_STATUS_DEALT, dealerOf(c, i).Status)
			}
			require.NoError(t, deal(c, 0, 1, dealingOf(c, 0)), "it may deal again")
			require.Equal(t, types.ROUND_STATUS_DONE, runTo(c, types.ROUND_STATUS_DONE).Round.Status)
		})
	}
}

func refusalOf(ctx sdk.Context) string {
	for _, event := range ctx.EventManager().Events() {
		if event.Type != "stafi.ssv.v1.EventDealer" {
			continue
		}
		if refusal, found := event.GetAttribute("refusal"); found && refusal.Value != `""` {
			return refusal.Value
		}
	}
	return ""
}

func TestADealerWhoseDealingsWereRefusedThreeTimesIsHeardNoMore(t *testing.T) {
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{2: {Dealing: func(dealing []byte) []byte {
		dealing[len(dealing)-1] ^= 1
		return dealing
	}}}
	runTo(c, types.ROUND_STATUS_DEAL)
	c.Run(2)
	require.Equal(t, uint32(2), dealerOf(c, 2).Refused)
	c.Next()
	require.Equal(t, uint32(3), dealerOf(c, 2).Refused)
	require.Equal(t, types.ROUND_STATUS_REVEAL, round(c).Round.Status)

	c = dealing(t)
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	params.DealBlocks = 6
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.Conducts = map[int]testutil.Conduct{2: {Dealing: func(dealing []byte) []byte { return make([]byte, len(dealing)) }}, 3: {Silent: true}}
	runTo(c, types.ROUND_STATUS_DEAL)
	c.Run(3)
	err = deal(c, 2, 1, dealingOf(c, 2))
	require.ErrorIs(t, err, types.ErrInvalidDealing)
	require.ErrorContains(t, err, "3 of "+testutil.Operator(2).String()+" were refused, want fewer than 3")
}

func TestMessagesOfARoundThatAreRefusedChangeNothing(t *testing.T) {
	c := dealing(t)
	c.CreateValidator(9, 100)
	c.Conducts = map[int]testutil.Conduct{0: {Silent: true}, 1: {Silent: true}, 2: {Sealed: true}, 3: {Sealed: true}}
	runTo(c, types.ROUND_STATUS_DEAL)
	own := dealingOf(c, 0)
	refused := func(name string, want error, says string, send func(ctx sdk.Context) error) {
		t.Helper()
		cached, _ := c.Ctx.CacheContext()
		before := registrationOf(t, c)
		err := send(cached)
		require.ErrorIs(t, err, want, name)
		require.ErrorContains(t, err, says, name)
		require.Equal(t, before, registrationOf(t, c), name)
	}
	sendDeal := func(i int, era uint64, dealing []byte) func(sdk.Context) error {
		return func(ctx sdk.Context) error {
			_, err := c.Msgs.Deal(ctx, &types.MsgDeal{Submitter: testutil.Submitter(i).String(), Era: era, Dealing: dealing})
			return err
		}
	}
	sendOpen := func(i int, secret []byte) func(sdk.Context) error {
		return func(ctx sdk.Context) error {
			_, err := c.Msgs.Open(ctx, &types.MsgOpen{Submitter: testutil.Submitter(i).String(), Era: 1, Secret: secret})
			return err
		}
	}
	sendDecrypt := func(i int, change func(*types.MsgDecrypt)) func(sdk.Context) error {
		return func(ctx sdk.Context) error {
			answer, err := c.Queries.Dealing(ctx, &types.QueryDealingRequest{Era: 1, Operator: testutil.Operator(2).String()})
			require.NoError(t, err)
			msg := testutil.DecryptionOf(t, proofsOf(c), answer.Dealing, testutil.BeaconKey(i, 0), dealerOf(c, i), dealerOf(c, 2))
			msg.Submitter = testutil.Submitter(i).String()
			change(msg)
			_, err = c.Msgs.Decrypt(ctx, msg)
			return err
		}
	}
	same := func(*types.MsgDecrypt) {}

	refused("an opening while dealings are taken", types.ErrRoundPhase, "ROUND_STATUS_DEAL", sendOpen(0, make([]byte, 32)))
	refused("a dealing that is too short", types.ErrInvalidDealing, "3119 bytes, want 3120 for 32 slots", sendDeal(0, 1, own[1:]))
	refused("a dealing that is too long", types.ErrInvalidDealing, "3121 bytes, want 3120", sendDeal(0, 1, append(bytes.Clone(own), 0)))
	refused("a dealing for a round that is not", types.ErrRoundNotFound, "era 2, current is 1", sendDeal(0, 2, own))
	refused("a dealing of an account that submits for nobody", types.ErrSubmitterNotFound, testutil.Submitter(40).String(), sendDeal(40, 1, own))
	c.Next()
	require.NoError(t, deal(c, 0, 1, own))
	refused("a second dealing while the first waits", types.ErrDealingExists, "HANDED_IN", sendDeal(0, 1, own))
	c.Next()
	refused("a second dealing once one is accepted", types.ErrDealingExists, "DEALER_STATUS_DEALT", sendDeal(0, 1, own))
	c.Register(9, chain)
	refused("a dealing of a candidate that is no dealer", types.ErrNotDealer, testutil.Operator(9).String(), sendDeal(9, 1, own))

	closed := runTo(c, types.ROUND_STATUS_REVEAL)
	require.Equal(t, types.DEALER_STATUS_AWAITED, dealerOf(c, 1).Status)
	refused("a dealing after the close", types.ErrRoundPhase, "ROUND_STATUS_REVEAL", sendDeal(1, 1, own))
	refused("an opening by who did not deal", types.ErrNotSealed, "AWAITED", sendOpen(1, make([]byte, 32)))
	refused("an opening of 31 bytes", types.ErrInvalidOpening, "31", sendOpen(2, make([]byte, 31)))
	refused("an opening of another dealing", types.ErrInvalidOpening, "does not match", sendOpen(2, openingOf(c, 0)))
	refused("shares before others may decrypt", types.ErrRoundPhase, "from height", sendDecrypt(4, same))
	require.NoError(t, open(c, 2, openingOf(c, 2)))
	refused("a second opening", types.ErrNotSealed, "OPENED", sendOpen(2, openingOf(c, 2)))
	for c.Ctx.BlockHeight() < closed.Round.DecryptFrom {
		c.Conducts[4], c.Conducts[5] = testutil.Conduct{Idle: true}, testutil.Conduct{Idle: true}
		c.Next()
	}
	refused("shares of what is open", types.ErrNotSealed, "OPENED", sendDecrypt(4, same))
	of3 := func(change func(*types.MsgDecrypt)) func(*types.MsgDecrypt) {
		return func(msg *types.MsgDecrypt) {
			answer, err := c.Queries.Dealing(c.Ctx, &types.QueryDealingRequest{Operator: testutil.Operator(3).String()})
			require.NoError(t, err)
			*msg = *testutil.DecryptionOf(t, proofsOf(c), answer.Dealing, testutil.BeaconKey(4, 0), dealerOf(c, 4), dealerOf(c, 3))
			msg.Submitter = testutil.Submitter(4).String()
			change(msg)
		}
	}
	refused("shares of a slot less", types.ErrInvalidDecryption, "3 shares, want those of the 4 slots", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Shares = m.Shares[1:] })))
	refused("shares in another order", types.ErrInvalidDecryption, "does not hold", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { slices.Reverse(m.Shares) })))
	refused("a share that is no element", types.ErrInvalidDecryption, "share of slot", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Shares[2] = bytes.Repeat([]byte{0xff}, 32) })))
	refused("a share that is the identity", types.ErrInvalidDecryption, "identity", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Shares[2] = make([]byte, 32) })))
	refused("a proof of another", types.ErrInvalidDecryption, "does not hold", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Submitter = testutil.Submitter(5).String() })))
	refused("a proof cut short", types.ErrInvalidDecryption, "47", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Proof = m.Proof[1:] })))
	refused("shares of nobody's dealing", types.ErrNotDealer, "x", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Dealer = "x" })))
	refused("shares of a dealing that was never handed in", types.ErrNotSealed, "AWAITED", sendDecrypt(4, of3(func(m *types.MsgDecrypt) { m.Dealer = testutil.Operator(1).String() })))
	require.NoError(t, sendDecrypt(4, of3(same))(c.Ctx))
	refused("the same shares again", types.ErrDecryptionExists, testutil.Operator(4).String(), sendDecrypt(4, of3(same)))
	done := runTo(c, types.ROUND_STATUS_DONE)
	refused("an opening after the end", types.ErrRoundPhase, "ROUND_STATUS_DONE", sendOpen(3, openingOf(c, 3)))
	refused("shares after the end", types.ErrRoundPhase, "ROUND_STATUS_DONE", func(ctx sdk.Context) error {
		_, err := c.Msgs.Decrypt(ctx, &types.MsgDecrypt{Submitter: testutil.Submitter(4).String(), Era: 1, Dealer: testutil.Operator(3).String()})
		return err
	})
	require.Len(t, done.Round.Seed, 32)
}
