package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// execution is what an observation says of a session.
func execution(change func(*types.ExecutionEvent)) func(*types.Event) {
	return func(e *types.Event) { change(e.GetExecution()) }
}

func TestAFalseObservationOfASafeIsRefusedByName(t *testing.T) {
	f, _, next, _, handing := contested(t)
	root := f.openOf(handoverOf).Root
	rival := f.rivalOf(root)
	require.False(t, f.safe.execute(handing).Reverted)
	f.safe.deposits("carol", userText("carol"), 5*milli)
	f.safe.mine(1)
	honest := f.safe.report()
	require.Len(t, honest.Events, 2)
	cap := f.batch(root).Fee
	for name, c := range map[string]struct {
		change func(o *types.Observation)
		says   string
	}{
		"a refund above what was committed":               {event(0, execution(func(e *types.ExecutionEvent) { e.Fee = ptr(cap.AddRaw(1)) })), "wanted from 0 to " + cap.String()},
		"a refund below 0":                                {event(0, execution(func(e *types.ExecutionEvent) { e.Fee = ptr(atom(-1)) })), "fee is -1"},
		"no refund named":                                 {event(0, execution(func(e *types.ExecutionEvent) { e.Fee = nil })), "fee is"},
		"another refund":                                  {event(0, execution(func(e *types.ExecutionEvent) { e.Fee = ptr(math.ZeroInt()) })), "does not add up"},
		"out of gas":                                      {event(0, execution(func(e *types.ExecutionEvent) { e.OutOfGas = true })), "is out of gas"},
		"a success with a code":                           {event(0, execution(func(e *types.ExecutionEvent) { e.Code = 1 })), "code 1 and success true"},
		"a failure with another code":                     {event(0, execution(func(e *types.ExecutionEvent) { e.Success, e.Code = false, 11 })), "code 11 and success false"},
		"a failure that did not happen":                   {event(0, execution(func(e *types.ExecutionEvent) { e.Success, e.Code = false, 1 })), "vault 2 does not hold the account at this point, wanted vault 1"},
		"the payout instead, a session of the same vault": {event(0, execution(func(e *types.ExecutionEvent) { e.Session = rival })), "vault 2 does not hold the account at this point"},
		"a session that is not there":                     {event(0, execution(func(e *types.ExecutionEvent) { e.Session = 999 })), "session not found"},
		"of the other vault":                              {event(0, execution(func(e *types.ExecutionEvent) { e.Vault = next })), "vault 2 does not hold the account"},
		"the handover twice":                              {func(o *types.Observation) { o.Events = []types.Event{o.Events[0], o.Events[0], o.Events[1]} }, "vault 1 does not hold the account at this point, wanted vault 2"},
		"the payout as well": {func(o *types.Observation) {
			paid := *o.Events[0].GetExecution()
			paid.Session = rival
			o.Events = []types.Event{{Height: o.Events[0].Height, Kind: &types.Event_Execution{Execution: &paid}}, o.Events[0], o.Events[1]}
		}, "was executed before"},
		"a deposit to the former vault":                    {event(1, func(e *types.Event) { e.GetDeposit().Vault = 1 }), "vault 1 does not hold the account at this point, wanted vault 2"},
		"a deposit before the handover as one to the next": {func(o *types.Observation) { o.Events[0], o.Events[1] = o.Events[1], o.Events[0] }, "vault 2 does not hold the account at this point, wanted vault 1"},
		"the balances of before": {func(o *types.Observation) {
			o.Balances[0].Amount, o.Balances[1].Amount = o.Balances[1].Amount, o.Balances[0].Amount
		}, "does not add up"},
		"the account of a vault that took it over": {func(o *types.Observation) {
			o.Events = append(o.Events, types.Event{Height: o.To, Kind: &types.Event_Account{Account: &types.AccountEvent{Vault: next, Plain: true}}})
		}, "wanted a PENDING one whose account is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			o := cloned(t, honest)
			c.change(&o)
			_, err := f.propose(f.voters()[0], o)
			require.Error(t, err)
			require.ErrorContains(t, err, c.says)
		})
	}
	f.accept(honest)
	f.blocks(2)
	require.Equal(t, next, f.state().ActiveVault)
	f.books()
}

func TestAnExecutionOfAFinishedSeriesIsRefused(t *testing.T) {
	f, _, next, paying, _ := contested(t)
	handover := f.openOf(handoverOf).Root
	rival := f.rivalOf(handover)
	require.False(t, f.safe.execute(paying).Reverted)
	f.observe()
	for name, root := range map[string]uint64{"the payout again": rival, "the handover that lost": handover} {
		t.Run(name, func(t *testing.T) {
			f.safe.mine(1)
			o := f.safe.report()
			o.Events = []types.Event{{Height: o.To, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
				Vault: 1, Session: root, TxHash: make([]byte, 32), Success: true, Fee: ptr(math.ZeroInt()),
			}}}}
			_, err := f.propose(f.voters()[0], o)
			require.ErrorContains(t, err, "is finished")
		})
	}
	require.Equal(t, next, f.state().PendingVault)
}

func TestALaterAttemptDoesNotStandForItsSeries(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	f.withdraw("alice", 1_000*milli, wallet("bob"))
	f.block()
	first := f.openOf(payoutOf)
	f.expire(first)
	f.block()
	second := f.openOf(payoutOf)
	require.NotEqual(t, first.Id, second.Id)
	require.Equal(t, first.Digests, second.Digests)
	require.False(t, f.safe.execute(f.signed(second)).Reverted)
	f.safe.mine(1)
	honest := f.safe.report()
	require.Equal(t, first.Id, honest.Events[0].GetExecution().Session)
	false2 := cloned(t, honest)
	false2.Events[0].GetExecution().Session = second.Id
	_, err := f.propose(f.voters()[0], false2)
	require.ErrorContains(t, err, "is attempt 2 of series")
	f.accept(honest)
	f.blocks(2)
	require.Nil(t, f.latest(1))
	f.books()
}

func TestAFeeOfACosmosTransactionIsNotForAnObservationToName(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	session := f.openPayout()
	f.signAll(session)
	_, err := f.chain.execute(session.Id, result{})
	require.NoError(t, err)
	f.chain.mine(1)
	o := f.chain.report()
	o.Events[0].GetExecution().Fee = ptr(math.ZeroInt())
	_, err = f.propose(f.voters()[0], o)
	require.ErrorContains(t, err, "fee 0 is named, wanted none")
}

func TestARangeWithAHandoverIsAppliedBitByBitWithTheBooksBetween(t *testing.T) {
	f, _, next, _, handing := contested(t)
	f.params(func(p *types.Params) { p.MaxEventsPerBlock = 1 })
	f.safe.deposits("carol", userText("carol"), 5*milli)
	require.False(t, f.safe.execute(handing).Reverted)
	f.safe.deposits("carol", userText("carol"), 6*milli)
	f.safe.pays("dave", 7*milli)
	f.safe.mine(1)
	o := f.safe.report()
	require.Len(t, o.Events, 4)
	f.accept(o)
	for range 4 {
		f.books()
		f.block()
	}
	require.Equal(t, next, f.state().ActiveVault)
	require.EqualValues(t, 11*milli, f.held("carol"))
	f.books()
}

func event(i int, change func(*types.Event)) func(*types.Observation) {
	return func(o *types.Observation) { change(&o.Events[i]) }
}

func ptr(n math.Int) *math.Int { return &n }

func cloned(t *testing.T, o types.Observation) types.Observation {
	t.Helper()
	encoded, err := o.Marshal()
	require.NoError(t, err)
	var clone types.Observation
	require.NoError(t, clone.Unmarshal(encoded))
	return clone
}

func (f *fixture) batch(root uint64) types.Batch {
	batch, err := f.keeper.Batch(f.ctx, root)
	require.NoError(f.t, err)
	return batch
}

func (f *fixture) rivalOf(handover uint64) uint64 { return f.batch(handover).Rival }
