package keeper_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// gasPrice has governance name another gas price, in gwei, and a redemption's fee that covers a payout by then.
func (f *fixture) gasPrice(price int64) {
	f.t.Helper()
	f.priceOf(atom(price * gwei))
}

func (f *fixture) priceOf(price math.Int) {
	f.t.Helper()
	f.update(func(c *types.Contract) {
		c.Ethereum.GasPrice = price
		c.Limits.RedemptionFee = math.MaxInt(atom(feeWei), payout.Charge(*c, 0))
	})
}

// unsent is a contract with a payout that is signed at 20 gwei, takes no more signatures and was not sent.
func unsent(t *testing.T) (f *fixture, id uint64, first *multisigtypes.Session, cheap []byte) {
	t.Helper()
	f = runningSafe(t)
	f.stake("alice", 3_000*milli)
	id = f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	first = f.openOf(payoutOf)
	cheap = f.signed(first)
	f.expire(first)
	return f, id, first, cheap
}

// requireNext wants the newest attempt to be the next of a series, at the same nonce, with the same effect.
func (f *fixture) requireNext(before *multisigtypes.Session) *multisigtypes.Session {
	f.t.Helper()
	next := f.openOf(before.Purpose)
	require.NotEqual(f.t, before.Id, next.Id, "another attempt")
	require.Equal(f.t, []uint64{before.Root, before.Sequence, uint64(before.Attempt + 1)}, []uint64{next.Root, next.Sequence, uint64(next.Attempt)})
	a, b := f.payload(before.Id), f.payload(next.Id)
	require.Equal(f.t, a.Outputs, b.Outputs)
	require.Equal(f.t, a.NextOwners, b.NextOwners)
	return next
}

// requireSame wants no other attempt to follow for a while.
func (f *fixture) requireSame(session *multisigtypes.Session) {
	f.t.Helper()
	f.blocks(10)
	require.Equal(f.t, session.Id, f.openOf(session.Purpose).Id)
}

// requirePaid wants a redemption of an ether to be paid once, and nothing to be left of its series.
func (f *fixture) requirePaid(id uint64) {
	f.t.Helper()
	require.Equal(f.t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	require.True(f.t, f.state().FeesCommitted.IsZero())
	f.books()
}

func TestAPayoutThatIsSignedAndNotSentIsPricedAnewWhenGasBecomesDearerAndPaidOnce(t *testing.T) {
	for name, c := range map[string]struct{ old, exported bool }{
		"the old attempt is executed":                   {old: true},
		"the dearer attempt is executed":                {},
		"the old one, after an export and an import":    {old: true, exported: true},
		"the dearer one, after an export and an import": {exported: true},
	} {
		t.Run(name, func(t *testing.T) {
			f, id, first, cheap := unsent(t)
			f.requireSame(first)
			f.gasPrice(100)
			f.block()
			second := f.requireNext(first)
			dear := f.signed(second)
			require.NotEqual(t, first.Digests, second.Digests)
			require.Equal(t, f.payload(second.Id).Fee.Amount, f.state().FeesCommitted, "the dearest is committed")
			require.Equal(t, f.payload(first.Id).Fee.Amount.MulRaw(5).String(), f.payload(second.Id).Fee.Amount.String())
			f.books()
			if c.exported {
				f = f.reload(t)
			}
			reserve := f.state().Reserve
			sent, refused, won := dear, cheap, second
			if c.old {
				sent, refused, won = cheap, dear, first
			}
			require.False(t, f.safe.execute(sent).Reverted)
			require.Equal(t, "GS026", f.safe.execute(refused).Reason)
			require.Equal(t, won.Id, f.safe.events[0].GetExecution().Session)
			f.observe()
			f.requirePaid(id)
			require.Equal(t, reserve.Sub(math.NewIntFromBigInt(f.safe.refunded)).AddRaw(feeWei).String(), f.state().Reserve.String())
			require.Nil(t, f.latest(1))
			require.EqualValues(t, 1, f.vault(1).Sequence)
			f.withdraw("alice", 500*milli, common.HexToAddress("0xb0c"))
			f.carryOut(payoutOf)
			require.Equal(t, "GS026", f.safe.execute(refused).Reason)
			f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
		})
	}
}

func TestASignedAttemptIsFollowedOnlyByOneThatIsWorthTheSignatures(t *testing.T) {
	f, id, first, cheap := unsent(t)
	for _, price := range []int64{20, 1, 22} {
		f.gasPrice(price)
		f.requireSame(first)
		f.books()
	}
	f.gasPrice(23)
	f.block()
	second := f.requireNext(first)
	f.signAll(second)
	f.gasPrice(100)
	f.blocks(3)
	require.Equal(t, second.Id, f.openOf(payoutOf).Id, "it still takes signatures")
	f.expire(second)
	third := f.requireNext(second)
	f.signAll(third)
	f.expire(third)
	f.gasPrice(24)
	f.requireSame(third)
	require.Equal(t, f.payload(third.Id).Fee.Amount, f.state().FeesCommitted)
	require.False(t, f.safe.execute(cheap).Reverted)
	f.observe()
	f.requirePaid(id)
}

// An attempt of which too few signatures are known may have been signed all the same; its fee stays committed.
func TestAnAttemptThatNobodySignedIsFollowedAtThePriceOfTheDay(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	id := f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	first := f.openOf(payoutOf)
	committed := f.state().FeesCommitted
	f.gasPrice(1)
	f.expire(first)
	second := f.requireNext(first)
	require.Equal(t, committed.QuoRaw(20).String(), f.payload(second.Id).Fee.Amount.String(), "governance cut it")
	require.Equal(t, committed, f.state().FeesCommitted, "the first can be executed, too")
	f.books()
	f.gasPrice(21)
	f.expire(second)
	third := f.requireNext(second)
	require.Equal(t, committed.QuoRaw(20).MulRaw(21).String(), f.state().FeesCommitted.String())
	f.signAll(third)
	f.expire(third)
	require.False(t, f.safe.execute(f.calldata(third.Id)).Reverted)
	f.observe()
	f.requirePaid(id)
}

func TestARefundIsBoundedByTheFeeOfTheAttemptThatWasExecuted(t *testing.T) {
	f, _, first, cheap := unsent(t)
	f.gasPrice(100)
	f.block()
	second := f.requireNext(first)
	require.False(t, f.safe.execute(cheap).Reverted)
	f.safe.mine(1)
	honest := f.safe.report()
	bound := f.payload(first.Id).Fee.Amount
	for name, c := range map[string]struct {
		change func(*types.ExecutionEvent)
		says   string
	}{
		"more than it offers":      {func(e *types.ExecutionEvent) { e.Fee = ptr(bound.AddRaw(1)) }, "wanted from 0 to " + bound.String()},
		"what the dearer one does": {func(e *types.ExecutionEvent) { e.Fee = ptr(f.payload(second.Id).Fee.Amount) }, "wanted from 0 to " + bound.String()},
	} {
		t.Run(name, func(t *testing.T) {
			o := cloned(t, honest)
			c.change(o.Events[0].GetExecution())
			_, err := f.propose(f.voters()[0], o)
			require.ErrorContains(t, err, c.says)
		})
	}
	f.accept(honest)
	f.blocks(2)
	require.Nil(t, f.latest(1))
	f.books()
}

// poor is a contract on Ethereum whose reserve covers a payout's fee at 20 gwei and that of a handover, and a tenth.
func poor(t *testing.T) (f *fixture, first *multisigtypes.Session) {
	t.Helper()
	f = runningSafe(t)
	f.stake("alice", 3_000*milli)
	unit := payout.PayoutCost(f.contract(), f.vault(1), 1, 0).Fee.Add(payout.MoveCost(f.contract(), f.vault(1), f.vault(1), 0).Fee).QuoRaw(20 * gwei)
	f.update(func(c *types.Contract) { c.Limits.MaxOutputs = 1 })
	f.priceOf(f.state().Reserve.MulRaw(10).QuoRaw(11).Quo(unit))
	f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	return f, f.openOf(payoutOf)
}

func TestAPayoutIsPricedAnewOnceTheReserveCoversTheFeeBesideThatOfAHandover(t *testing.T) {
	for name, signed := range map[string]bool{"a signed one": true, "one that nobody signed": false} {
		t.Run(name, func(t *testing.T) {
			f, first := poor(t)
			if signed {
				f.signAll(first)
			}
			f.priceOf(f.contract().Ethereum.GasPrice.MulRaw(5).QuoRaw(4))
			f.expire(first)
			before := f.payload(first.Id).Fee
			if signed {
				f.requireSame(first)
			} else {
				first = f.requireNext(first)
				require.Equal(t, before, f.payload(first.Id).Fee, "as it was")
			}
			require.Equal(t, before.Amount, f.state().FeesCommitted)
			f.safe.deposits("funder", types.ReserveMemo, reserveWei)
			f.observe()
			f.expire(first)
			second := f.requireNext(first)
			require.Equal(t, before.Amount.MulRaw(5).QuoRaw(4).String(), f.payload(second.Id).Fee.Amount.String())
			require.Equal(t, f.payload(second.Id).Fee.Amount, f.state().FeesCommitted)
			require.True(t, f.state().FeesCommitted.LTE(f.state().Reserve))
			f.books()
		})
	}
}

// A refund that the Safe can't pay beside the outputs would undo the whole transaction.
func TestAPayoutIsNotPricedAboveWhatItsSafeHoldsBesideTheOutputs(t *testing.T) {
	f, _, first, _ := unsent(t)
	need := f.batch(first.Root).Total.Add(f.payload(first.Id).Fee.Amount.MulRaw(5))
	stolen := f.ledger(1).Balance.Sub(need).AddRaw(1)
	f.safe.missing.Add(f.safe.missing, stolen.BigInt())
	f.safe.emit(types.Event{Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: 1, TxHash: make([]byte, 32), Amount: stolen}}})
	f.observe()
	f.halt(types.Halts{})
	f.gasPrice(100)
	f.requireSame(first)
	f.safe.deposits("funder", types.ReserveMemo, milli)
	f.observe()
	f.block()
	f.requireNext(first)
}

func TestAPayoutIsNotPricedAnewWhilePayoutsAreHaltedOrItsSafeIsHandedOver(t *testing.T) {
	f, _, first, _ := unsent(t)
	f.halt(types.Halts{Payouts: true, Reason: "a test"})
	f.gasPrice(100)
	f.requireSame(first)
	f.electSafe(8, 4, 3)
	f.halt(types.Halts{})
	f.block()
	handover := f.openOf(handoverOf)
	require.Equal(t, first.Root, f.rivalOf(handover.Root))
	require.Equal(t, first.Sequence, handover.Sequence)
}

func TestAHandoverIsPricedAnewAndExecutedOnceBesideItsRival(t *testing.T) {
	for _, name := range []string{"the old handover", "the dearer handover", "the payout"} {
		for _, exported := range []bool{false, true} {
			t.Run(map[bool]string{true: name + ", after an export and an import", false: name}[exported], func(t *testing.T) {
				f, id, next, paying, cheap := contested(t)
				first := f.openOf(handoverOf)
				f.expire(first)
				f.requireSame(first)
				f.gasPrice(100)
				f.block()
				second := f.requireNext(first)
				dear := f.signed(second)
				require.Equal(t, f.batch(first.Root).Fee.Add(f.batch(f.rivalOf(first.Root)).Fee), f.state().FeesCommitted)
				require.Equal(t, f.payload(second.Id).Fee.Amount, f.batch(first.Root).Fee)
				if exported {
					f = f.reload(t)
				}
				all := map[string][]byte{"the old handover": cheap, "the dearer handover": dear, "the payout": paying}
				require.False(t, f.safe.execute(all[name]).Reverted)
				for other, calldata := range all {
					if other != name {
						require.Equal(t, "GS026", f.safe.execute(calldata).Reason, other)
					}
				}
				f.observe()
				f.books()
				if name == "the payout" {
					f.carryOut(handoverOf)
				} else {
					f.carryOut(payoutOf)
				}
				require.Equal(t, next, f.state().ActiveVault)
				f.requirePaid(id)
			})
		}
	}
}

func TestAHandoverWithoutARefundIsPricedAnewOnceThereIsAReserve(t *testing.T) {
	f := seatedSafe(t, 4, 3)
	f.safe.deploy(1)
	f.safe.prove(1)
	f.observe()
	next := f.electSafe(8, 4, 3)
	f.block()
	first := f.openOf(handoverOf)
	require.True(t, f.payload(first.Id).Fee.IsZero())
	f.signAll(first)
	f.expire(first)
	full := payout.MoveCost(f.contract(), f.vault(1), f.vault(next), 0).Fee
	f.safe.deposits("funder", types.ReserveMemo, full.QuoRaw(9).Int64())
	f.observe()
	f.requireSame(first)
	f.safe.deposits("funder", types.ReserveMemo, full.QuoRaw(9).Int64())
	f.observe()
	second := f.requireNext(first)
	require.Equal(t, full.QuoRaw(9).MulRaw(2), f.payload(second.Id).Fee.Amount, "all that there is")
	require.False(t, f.safe.execute(f.signed(second)).Reverted)
	f.observe()
	require.Equal(t, next, f.state().ActiveVault)
	require.Positive(t, f.safe.refunded.Sign())
	f.books()
}

func TestWhileNobodySignsTheDearerAttemptTheSignedOneStaysAndAttemptsBecomeFewer(t *testing.T) {
	f, id, first, cheap := unsent(t)
	f.params(func(p *types.Params) { p.PayoutInterval = 4 })
	f.gasPrice(100)
	f.block()
	var opened []int64
	for range 400 {
		f.block()
		if latest := f.openOf(payoutOf); len(opened) == 0 || latest.Opened != opened[len(opened)-1] {
			opened = append(opened, latest.Opened)
			response, err := multisigkeeper.NewQueryServer(*f.multisig).LiveSessions(f.ctx, &multisigtypes.QueryLiveSessionsRequest{})
			require.NoError(t, err)
			require.Equal(t, first.Id, response.Signed[0].Session.Id)
		}
	}
	var waits []int64
	for i := range opened[1:] {
		waits = append(waits, opened[i+1]-opened[i])
	}
	require.Equal(t, []int64{5 + 4, 5 + 8, 5 + 16, 5 + 32, 5 + 64, 5 + 128}, waits, "five blocks for signatures, and a wait that doubles")
	f.gasPrice(20)
	latest := f.openOf(payoutOf)
	f.expire(latest)
	f.blocks(300)
	require.Equal(t, latest.Id, f.openOf(payoutOf).Id, "what is signed offers as much")
	require.False(t, f.safe.execute(cheap).Reverted)
	f.observe()
	f.requirePaid(id)
}
