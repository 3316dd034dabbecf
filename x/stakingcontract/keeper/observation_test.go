package keeper_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// oneDeposit is the observation of one deposit in the next block.
func oneDeposit(f *fixture) types.Observation {
	f.chain.deposit(f.state().ActiveVault, staker("alice"), userText("alice"), 50_000)
	f.chain.mine(1)
	return f.chain.report()
}

func TestAnObservationThatDoesNotFitIsRefusedAndChangesNothing(t *testing.T) {
	f := running(t)
	good := oneDeposit(f)
	known := f.chain.deposit(f.state().ActiveVault, staker("alice"), userText("alice"), 50_000)
	before, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	height := f.state().ObservedHeight
	for _, c := range []struct {
		name   string
		change func(*types.Observation)
		wanted error
		says   string
	}{
		{"a range that overlaps", func(o *types.Observation) { o.From-- }, types.ErrRange, "from is height 101 event 0, wanted height 102 event 0"},
		{"a range that skips", func(o *types.Observation) { o.From++; o.To += 2; o.Events = nil }, types.ErrRange, "from is height 103"},
		{"a range that is repeated within a block", func(o *types.Observation) { o.FromIndex = 1 }, types.ErrRange, "event 1, wanted height 102 event 0"},
		{"no range", func(o *types.Observation) { o.To = o.From }, types.ErrInvalidObservation, "wanted more than from"},
		{"a header hash of 31 bytes", func(o *types.Observation) { o.BlockHash = o.BlockHash[1:] }, types.ErrInvalidObservation, "31 bytes, wanted 32"},
		{"an event after the range", func(o *types.Observation) { o.Events[0].Height++ }, types.ErrInvalidEvent, "wanted from 103 to 103"},
		{"an amount of nothing", func(o *types.Observation) { o.Events[0].GetDeposit().Amount = atom(0) }, types.ErrInvalidEvent, "wanted more than 0"},
		{"a vault that is not there", func(o *types.Observation) { o.Events[0].GetDeposit().Vault = 9 }, types.ErrInvalidEvent, "vault not found"},
		{"the same deposit twice", func(o *types.Observation) { o.Events = append(o.Events, o.Events[0]) }, types.ErrInvalidEvent, "already recorded"},
		{"an empty event", func(o *types.Observation) { o.Events[0].Kind = nil }, types.ErrInvalidEvent, "wanted a kind"},
		{"no balances", func(o *types.Observation) { o.Balances = nil }, types.ErrInvalidObservation, "0 balances, wanted 1"},
		{"the balance of another vault", func(o *types.Observation) { o.Balances[0].Vault = 7 }, types.ErrInvalidObservation, "vault 7, wanted 1"},
		{
			"a balance that does not add up", func(o *types.Observation) { o.Balances[0].Amount = atom(1_050_001) }, types.ErrBalance,
			"vault 1 has 1050001, wanted ledger 1000000 and events 50000 = 1050000",
		},
		{"an outflow of more than there is", func(o *types.Observation) {
			o.Events[0].Kind = &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: 1, Amount: atom(1_000_001)}}
		}, types.ErrBalance, "vault 1 would have -1, wanted at least 0"},
		{"nothing to report", func(o *types.Observation) { o.Events = nil; o.Balances[0].Amount = atom(1_000_000) }, types.ErrEmptyRange, "no event in 1 blocks, wanted 50"},
		{"a session that is not there", func(o *types.Observation) {
			o.Events[0].Kind = &types.Event_Execution{Execution: &types.ExecutionEvent{Vault: 1, Session: 5, TxHash: known}}
		}, types.ErrInvalidEvent, "session not found"},
		{"the account of an ACTIVE vault", func(o *types.Observation) {
			o.Events[0].Kind = &types.Event_Account{Account: &types.AccountEvent{Vault: 1}}
		}, types.ErrInvalidEvent, "wanted a PENDING one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := copyOf(t, good)
			c.change(&o)
			_, err := f.propose(f.voters()[0], o)
			require.ErrorIs(t, err, c.wanted)
			require.ErrorContains(t, err, c.says)
			after, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Equal(t, height, f.state().ObservedHeight)
		})
	}
	_, err = f.propose(f.voters()[0], good)
	require.NoError(t, err, "the observation that all were made of")
}

func copyOf(t *testing.T, o types.Observation) types.Observation {
	bytes, err := o.Marshal()
	require.NoError(t, err)
	var copied types.Observation
	require.NoError(t, copied.Unmarshal(bytes))
	return copied
}

func TestOnlyAMemberProposesAndOnlyOnce(t *testing.T) {
	f := running(t)
	o := oneDeposit(f)
	stranger := multisigtest.NewMember("stranger")
	_, err := f.propose(stranger, o)
	require.ErrorIs(t, err, types.ErrNotSubmitter)
	_, err = f.propose(f.candidates(30, 1)[0], o)
	require.ErrorIs(t, err, types.ErrNotMember)

	voters := f.voters()
	hash, err := f.propose(voters[0], o)
	require.NoError(t, err)
	_, err = f.propose(voters[1], o)
	require.ErrorIs(t, err, types.ErrProposalOpen, "the same observation twice")
	other := copyOf(t, o)
	other.BlockHash = sum("another header")
	_, err = f.propose(voters[0], other)
	require.ErrorIs(t, err, types.ErrProposalOpen, "a second observation of one member")

	require.ErrorIs(t, f.attest(voters[0], hash, true), types.ErrVoted, "the proposal counts as agreement")
	require.ErrorIs(t, f.attest(voters[1], sum("unknown"), true), types.ErrProposalNotFound)
	require.ErrorIs(t, f.attest(f.candidates(30, 1)[0], hash, true), types.ErrNotMember)
	require.NoError(t, f.attest(voters[1], hash, true))
	require.NoError(t, f.attest(voters[2], hash, true))
	_, err = f.propose(voters[3], other)
	require.ErrorIs(t, err, types.ErrProposalOpen, "one is being applied")
	f.block()
	_, err = f.propose(voters[1], o)
	require.ErrorIs(t, err, types.ErrRange, "the same observation after it was applied")
	require.Equal(t, int64(50_000), f.held("alice"))
	f.books()
}

func sum(text string) []byte {
	hash := sha256.Sum256([]byte(text))
	return hash[:]
}

func TestAnOvertakenProposalHasNoConsequenceAndItsEventsAreDeleted(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.MaxEventsPerBlock = 1 })
	o := oneDeposit(f)
	other := copyOf(t, o)
	other.BlockHash = sum("another header")
	voters := f.voters()
	_, err := f.propose(voters[3], other)
	require.NoError(t, err)
	f.accept(o)
	f.blocks(3)
	response, err := f.query.Proposals(f.ctx, &types.QueryProposalsRequest{Contract: 1})
	require.NoError(t, err)
	require.Empty(t, response.Proposals)
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Empty(t, genesis.Backoffs)
	require.Zero(t, keeper.CountEvents(f.ctx, f.keeper), "events of dropped proposals")
}

func TestARejectedOrLateProposalBarsItsProposerTwiceAsLongEachTime(t *testing.T) {
	f := running(t)
	voters := f.voters()
	o := oneDeposit(f)
	propose := func() []byte {
		t.Helper()
		hash, err := f.propose(voters[0], o)
		require.NoError(t, err)
		return hash
	}
	hash := propose()
	for _, member := range voters[1:] {
		require.NoError(t, f.attest(member, hash, false))
	}
	barred := f.ctx.BlockHeight() + 10
	_, err := f.propose(voters[0], o)
	require.ErrorIs(t, err, types.ErrBarred)
	f.ctx = f.ctx.WithBlockHeight(barred)
	_, err = f.propose(voters[0], o)
	require.ErrorIs(t, err, types.ErrBarred, "up to and including the height")
	f.ctx = f.ctx.WithBlockHeight(barred + 1)

	propose()
	deadline := f.ctx.BlockHeight() + 50
	f.ctx = f.ctx.WithBlockHeight(deadline)
	f.block()
	require.Len(t, proposals(f), 1, "at its deadline it still takes votes")
	f.block()
	require.Empty(t, proposals(f), "late")
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Equal(t, []types.Backoff{{Contract: 1, Operator: voters[0].Operator, Failures: 2, Until: deadline + 1 + 20}}, genesis.Backoffs)

	f.ctx = f.ctx.WithBlockHeight(deadline + 22)
	f.accept(o)
	f.block()
	genesis, err = f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Empty(t, genesis.Backoffs, "a success forgets failures")
	require.Equal(t, int64(50_000), f.held("alice"), "the events survived being proposed three times")
}

func proposals(f *fixture) []types.ProposalInfo {
	response, err := f.query.Proposals(f.ctx, &types.QueryProposalsRequest{Contract: 1})
	require.NoError(f.t, err)
	return response.Proposals
}

func TestABlockWithTooManyEventsIsSplitByIndexAndEachDepositCreditedOnce(t *testing.T) {
	f := running(t)
	f.chain.deposits(f.state().ActiveVault, staker("alice"), userText("alice"), 10_000, 20_000, 30_000)
	f.chain.mine(1)
	whole := f.chain.report()
	part := copyOf(t, whole)
	part.Events, part.ToIndex, part.Balances = part.Events[:2], 2, nil
	for _, c := range []struct {
		name   string
		change func(*types.Observation)
	}{
		{"a part of two blocks", func(o *types.Observation) { o.To++ }},
		{"an event that is not counted", func(o *types.Observation) { o.ToIndex = 3 }},
		{"balances within a block", func(o *types.Observation) { o.Balances = whole.Balances }},
	} {
		bad := copyOf(t, part)
		c.change(&bad)
		_, err := f.propose(f.voters()[0], bad)
		require.ErrorIs(t, err, types.ErrInvalidObservation, c.name)
	}
	f.accept(part)
	f.block()
	state := f.state()
	require.Equal(t, whole.From, state.ObservedHeight)
	require.Equal(t, uint32(2), state.ObservedIndex)
	require.Equal(t, int64(30_000), f.held("alice"))

	rest := copyOf(t, whole)
	rest.FromIndex, rest.Events = 2, rest.Events[2:]
	f.accept(rest)
	f.block()
	require.Equal(t, whole.To, f.state().ObservedHeight)
	require.Zero(t, f.state().ObservedIndex)
	require.Equal(t, int64(60_000), f.held("alice"))
	f.books()
}

func TestABlockAppliesAtMostMaxEventsAndTheBooksHoldInBetween(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.MaxEventsPerBlock = 3 })
	amounts := make([]int64, 10)
	for i := range amounts {
		amounts[i] = 10_000
	}
	f.chain.deposits(f.state().ActiveVault, staker("alice"), userText("alice"), amounts...)
	f.chain.mine(1)
	f.accept(f.chain.report())
	for _, wanted := range []int64{30_000, 60_000, 90_000, 100_000} {
		f.block()
		require.Equal(t, wanted, f.held("alice"))
		f.books()
	}
	require.Equal(t, f.chain.height, f.state().ObservedHeight)
}

func TestBoundsOfAnObservationAreNamed(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.MaxObservationEvents, p.MaxObservationBytes = 50, 4<<10 })
	amounts := make([]int64, 51)
	for i := range amounts {
		amounts[i] = 10_000
	}
	f.chain.deposits(f.state().ActiveVault, staker("alice"), userText("alice"), amounts...)
	f.chain.mine(1)
	o := f.chain.report()
	_, err := f.propose(f.voters()[0], o)
	require.ErrorContains(t, err, "51 events, wanted at most 50")
	o.Events = o.Events[:50]
	_, err = f.propose(f.voters()[0], o)
	require.ErrorContains(t, err, "wanted at most 4096")
}

func TestAnEmptyRangeIsTakenAtTheLagOrAtATimeout(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	_, err := f.redeem("alice", 50_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	timeout := f.latest(f.state().ActiveVault).TimeoutHeight
	f.chain.mine(49)
	o := f.chain.report()
	o.To = o.From + 49
	_, err = f.propose(f.voters()[0], o)
	require.ErrorIs(t, err, types.ErrEmptyRange)
	o.To++
	f.accept(o)
	f.block()
	o.From, o.To = o.To, timeout-1
	_, err = f.propose(f.voters()[0], o)
	require.ErrorIs(t, err, types.ErrEmptyRange)
	o.To = timeout
	f.accept(o)
	f.block()
	require.Equal(t, timeout, f.state().ObservedHeight)
}

func TestAnAcceptedObservationIsCreditedToWhoAnsweredIt(t *testing.T) {
	f := running(t)
	o := oneDeposit(f)
	voters := f.voters()
	hash, err := f.propose(voters[0], o)
	require.NoError(t, err)
	require.NoError(t, f.attest(voters[1], hash, true))
	require.NoError(t, f.attest(voters[2], hash, false))
	require.NoError(t, f.attest(voters[3], hash, true))
	f.block()
	era, err := f.ssv.CurrentEra(f.ctx)
	require.NoError(t, err)
	for i, wanted := range []struct{ agreed, contrary uint64 }{{3, 0}, {3, 0}, {2, 1}, {1, 0}} {
		account, err := f.ssv.DutyAccounts.Get(f.ctx, collections.Join3(era.Number, f.operator(voters[i].Operator), uint64(1)))
		require.NoError(t, err)
		require.Equal(t, uint64(3), account.Observed, "two before, and this one")
		require.Equal(t, wanted.agreed, account.Agreed, "member %d", i)
		require.Equal(t, wanted.contrary, account.Contrary, "member %d", i)
	}
}
