package books_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// ledgers is a contract with three vaults and the supply that the callers of package books mint and burn.
type ledgers struct {
	state  types.ContractState
	active types.Ledger
	old    types.Ledger
	next   types.Ledger
	supply math.Int
}

func newLedgers() *ledgers {
	zero := math.ZeroInt()
	return &ledgers{
		state:  types.ContractState{Contract: 1, Reserve: zero, Unminted: zero, FeesCommitted: zero},
		active: types.NewLedger(2, 1), old: types.NewLedger(1, 1), next: types.NewLedger(3, 1), supply: zero,
	}
}

func (l *ledgers) vaults() (active, old, next books.Vault) {
	return books.Vault{Status: multisigtypes.VAULT_STATUS_ACTIVE, Ledger: &l.active},
		books.Vault{Status: multisigtypes.VAULT_STATUS_RETIRING, Ledger: &l.old},
		books.Vault{Status: multisigtypes.VAULT_STATUS_PENDING, Ledger: &l.next}
}

func (l *ledgers) sums(counted ...types.Ledger) books.Sums {
	balances := math.ZeroInt()
	for _, ledger := range counted {
		balances = balances.Add(ledger.Balance)
	}
	return books.Sums{Supply: l.supply, Unminted: l.state.Unminted, Balances: balances, Reserve: l.state.Reserve}
}

func units(n int64) math.Int { return math.NewInt(n) }

// The worked example of the README, step by step.
func TestTheBooksOfTheReadme(t *testing.T) {
	l := newLedgers()
	active, old, next := l.vaults()
	holds := func(step string, supply, unminted, balances, reserve int64, counted ...types.Ledger) {
		t.Helper()
		sums := l.sums(counted...)
		require.Equal(t, []int64{supply, unminted, balances, reserve},
			[]int64{sums.Supply.Int64(), sums.Unminted.Int64(), sums.Balances.Int64(), sums.Reserve.Int64()}, step)
		require.True(t, sums.Surplus().IsZero(), step)
	}
	books.Keep(&l.state, active, units(100))
	holds("the reserve is topped up", 0, 0, 100, 100, l.active)
	books.Mint(active, units(1_000))
	l.supply = l.supply.Add(units(1_000))
	holds("a deposit mints", 1_000, 0, 1_100, 100, l.active)
	books.Wait(&l.state, old, units(50))
	holds("a late deposit waits", 1_000, 50, 1_150, 100, l.active, l.old)
	books.Fee(&l.state, active, units(4))
	books.Paid(active, units(190))
	l.supply = l.supply.Sub(units(190))
	holds("a payment of 200 less its fee of 10 is proven", 810, 50, 956, 96, l.active, l.old)
	l.supply = l.supply.Sub(units(10))
	books.Burned(&l.state, units(10))
	holds("the redemption's fee joins the reserve", 800, 50, 956, 106, l.active, l.old)
	books.Fee(&l.state, old, units(2))
	books.Move(&l.state, old, active, types.Batch{Total: units(48), Unswept: units(50), Deposits: 1})
	holds("the late deposit is swept", 800, 50, 954, 104, l.active, l.old)
	books.MintWaiting(&l.state, &l.old, 1, units(50))
	l.supply = l.supply.Add(units(50))
	holds("and mints", 850, 0, 954, 104, l.active, l.old)
	require.True(t, l.old.Unswept.IsZero() && l.old.Balance.IsZero())
	books.Keep(&l.state, next, units(1))
	books.Wait(&l.state, next, units(20))
	holds("what the next vault gets counts for nothing", 850, 0, 954, 104, l.active, l.old)
	books.Activate(&l.state, l.next)
	holds("until it is active", 850, 20, 975, 105, l.active, l.old, l.next)
}

func TestAClosedVaultsRestIsMadeGoodByTheReserveAndComesBackWhenItIsSwept(t *testing.T) {
	l := newLedgers()
	active, old, _ := l.vaults()
	books.Keep(&l.state, active, units(100))
	books.Mint(old, units(7))
	l.supply = l.supply.Add(units(7))
	books.Wait(&l.state, old, units(5))
	books.Close(&l.state, l.old)
	old.Status = multisigtypes.VAULT_STATUS_CLOSED
	require.Equal(t, int64(93), l.state.Reserve.Int64())
	require.True(t, l.state.Unminted.IsZero())
	require.True(t, l.sums(l.active).Surplus().IsZero())
	books.Fee(&l.state, old, units(2))
	books.Move(&l.state, old, active, types.Batch{Total: units(10), Unswept: units(5), Deposits: 1})
	require.Equal(t, int64(98), l.state.Reserve.Int64(), "7 come back less the fee of 2")
	require.Equal(t, int64(5), l.state.Unminted.Int64())
	require.True(t, l.sums(l.active).Surplus().IsZero())
}

func TestAnOutflowShowsAsInsolvencyAlsoAtAVaultThatIsNotActiveYet(t *testing.T) {
	l := newLedgers()
	active, _, next := l.vaults()
	books.Mint(active, units(1_000))
	l.supply = units(1_000)
	books.Outflow(active, units(3))
	require.Equal(t, int64(-3), l.sums(l.active).Surplus().Int64())
	require.False(t, l.sums(l.active).Solvent())
	books.Wait(&l.state, next, units(20))
	books.Outflow(next, units(5))
	books.Activate(&l.state, l.next)
	require.Equal(t, int64(-8), l.sums(l.active, l.next).Surplus().Int64())
}

func TestDeltasAreWhatEventsDoToBalances(t *testing.T) {
	var d books.Deltas
	batch := types.Batch{Vault: 1, Purpose: multisigtypes.PURPOSE_SWEEP, Total: units(40), Fee: units(2), Destination: 2}
	execution := func(success bool) types.Event {
		return types.Event{Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{Vault: 1, Success: success}}}
	}
	d.Add(types.Event{Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{Vault: 1, Amount: units(100)}}}, types.Batch{})
	d.Add(types.Event{Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: 1, Amount: units(5)}}}, types.Batch{})
	d.Add(types.Event{Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: 1, Amount: units(1)}}}, types.Batch{})
	d.Add(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{Vault: 3}}}, types.Batch{})
	d.Add(execution(false), batch)
	require.Equal(t, int64(102), d.Of(1).Int64())
	d.Add(execution(true), batch)
	require.Equal(t, int64(60), d.Of(1).Int64())
	require.Equal(t, int64(40), d.Of(2).Int64())
	batch.Purpose = multisigtypes.PURPOSE_PAYOUT
	d.Add(execution(true), batch)
	require.Equal(t, int64(18), d.Of(1).Int64())
	require.Equal(t, int64(40), d.Of(2).Int64(), "a payout has no destination")
	require.True(t, d.Of(3).IsZero())
	require.Equal(t, []uint64{1, 2}, d.Vaults())
}
