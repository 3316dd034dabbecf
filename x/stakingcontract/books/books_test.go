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
	l.old.Deposits = 1
	carried := books.Move(&l.state, old, active, sweep(48, 2, 50))
	holds("the late deposit is swept and pays for it", 800, 48, 954, 106, l.active, l.old)
	require.Equal(t, "48 of 50", carried.Left.String()+" of "+carried.Owed.String())
	books.MintWaiting(&l.state, &l.old, 1, units(48))
	l.supply = l.supply.Add(units(48))
	holds("and mints", 848, 0, 954, 106, l.active, l.old)
	require.True(t, l.old.Unswept.IsZero() && l.old.Balance.IsZero())
	books.Keep(&l.state, next, units(1))
	books.Wait(&l.state, next, units(20))
	holds("what the next vault gets counts for nothing", 848, 0, 954, 106, l.active, l.old)
	require.False(t, books.Activate(&l.state, &l.next).Short())
	holds("until it is active", 848, 20, 975, 107, l.active, l.old, l.next)
}

// sweep is one of a vault's first deposit.
func sweep(total, fee, unswept int64) types.Batch {
	return types.Batch{
		Purpose: multisigtypes.PURPOSE_SWEEP, Total: units(total), Fee: units(fee), Unswept: units(unswept), Deposits: 1,
	}
}

func TestASweepsFeeIsSharedByTheDepositsAndTheReserveInWhatItMoves(t *testing.T) {
	for _, c := range []struct {
		name                 string
		deposits, kept, fee  int64
		minted, unmintedLess int64
	}{
		{"deposits alone", 100, 0, 7, 93, 7},
		{"half of it is the reserve's", 100, 100, 7, 96, 4},
		{"a little deposit beside much reserve pays its part, rounded up", 10, 990, 7, 9, 1},
		{"no deposit", 0, 100, 7, 0, 0},
		{"no fee", 100, 10, 0, 100, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedgers()
			active, old, _ := l.vaults()
			books.Keep(&l.state, active, units(1_000))
			if c.deposits > 0 {
				books.Wait(&l.state, old, units(c.deposits))
			}
			books.Keep(&l.state, old, units(c.kept))
			reserve := l.state.Reserve
			books.Fee(&l.state, old, units(c.fee))
			carried := books.Move(&l.state, old, active, sweep(c.deposits+c.kept-c.fee, c.fee, c.deposits))
			require.Equal(t, c.minted, carried.Left.Int64())
			require.Equal(t, c.minted, l.state.Unminted.Int64())
			require.Equal(t, -c.fee+c.unmintedLess, l.state.Reserve.Sub(reserve).Int64())
			require.True(t, l.sums(l.active, l.old).Surplus().IsZero())
		})
	}
}

func TestWhatArrivesForSeveralDepositsIsSharedToTheUnit(t *testing.T) {
	a := types.Arrival{Owed: units(10), Left: units(7)}
	require.Equal(t, int64(2), books.Share(&a, units(3)).Int64())
	require.Equal(t, int64(2), books.Share(&a, units(3)).Int64())
	require.Equal(t, int64(3), books.Share(&a, units(4)).Int64(), "the last one takes what is left")
	require.True(t, a.Owed.IsZero() && a.Left.IsZero())
}

func TestAVaultThatBacksNothingAndLostCoinsMintsNothing(t *testing.T) {
	l := newLedgers()
	active, old, _ := l.vaults()
	old.Status = multisigtypes.VAULT_STATUS_CLOSED
	books.Keep(&l.state, active, units(100))
	for range 100 {
		books.Wait(&l.state, old, units(50))
		books.Outflow(old, units(50))
	}
	books.Wait(&l.state, old, units(80))
	books.Fee(&l.state, old, units(2))
	carried := books.Move(&l.state, old, active, sweep(78, 2, 5_080))
	require.False(t, carried.Short())
	require.True(t, carried.Left.IsZero())
	require.True(t, l.state.Unminted.IsZero())
	require.Equal(t, int64(178), l.state.Reserve.Int64(), "what came is the reserve's")
	require.Zero(t, l.old.Moved, "its deposits wait where they are")
	require.True(t, l.sums(l.active).Surplus().IsZero())
}

func TestAFailedSweepsFeeIsNoLossAndTheDepositsBearIt(t *testing.T) {
	l := newLedgers()
	active, old, _ := l.vaults()
	old.Status = multisigtypes.VAULT_STATUS_CLOSED
	books.Keep(&l.state, active, units(100))
	books.Wait(&l.state, old, units(80))
	books.Fee(&l.state, old, units(30))
	books.Fee(&l.state, old, units(2))
	carried := books.Move(&l.state, old, active, sweep(48, 2, 80))
	require.Equal(t, int64(48), carried.Left.Int64())
	require.Equal(t, int64(100), l.state.Reserve.Int64())
	require.True(t, l.sums(l.active).Surplus().IsZero())
}

func TestTheReserveIsNeverBelowZeroAndWhatItCantPayIsInsolvency(t *testing.T) {
	l := newLedgers()
	active, _, _ := l.vaults()
	books.Mint(active, units(100))
	l.supply = units(100)
	books.Keep(&l.state, active, units(3))
	books.Fee(&l.state, active, units(5))
	require.True(t, l.state.Reserve.IsZero())
	require.Equal(t, int64(-2), l.sums(l.active).Surplus().Int64())
}

func TestARetiringVaultThatWasRobbedClosesAtTheReservesCost(t *testing.T) {
	l := newLedgers()
	active, old, _ := l.vaults()
	books.Keep(&l.state, active, units(500))
	books.Keep(&l.state, old, units(100))
	books.Wait(&l.state, old, units(10))
	books.Outflow(old, units(50))
	require.Equal(t, int64(-50), l.sums(l.active, l.old).Surplus().Int64())
	require.Equal(t, int64(100), books.Written(l.old).Int64())
	books.Close(&l.state, l.old)
	require.Equal(t, int64(500), l.state.Reserve.Int64())
	require.True(t, l.sums(l.active).Surplus().IsZero())
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
	books.Move(&l.state, old, active, sweep(10, 2, 5))
	require.Equal(t, int64(99), l.state.Reserve.Int64(), "7 come back less the reserve's part of the fee")
	require.Equal(t, int64(4), l.state.Unminted.Int64())
	require.True(t, l.sums(l.active).Surplus().IsZero())
}

func TestAnOutflowShowsAsInsolvencyAndAtAVaultThatIsNotActiveYetTakesFromItsDeposits(t *testing.T) {
	l := newLedgers()
	active, _, next := l.vaults()
	books.Mint(active, units(1_000))
	l.supply = units(1_000)
	books.Outflow(active, units(3))
	require.Equal(t, int64(-3), l.sums(l.active).Surplus().Int64())
	require.False(t, l.sums(l.active).Solvent())
	books.Wait(&l.state, next, units(20))
	books.Outflow(next, units(5))
	require.True(t, books.Activate(&l.state, &l.next).Left.IsZero())
	require.Equal(t, int64(-3), l.sums(l.active, l.next).Surplus().Int64(), "its deposits bear what was taken of them")
	require.Equal(t, int64(15), l.state.Reserve.Int64())
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
