package observe

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestDustIsNoEventWhateverItsMemoAndASurplusOfAnOpenVault(t *testing.T) {
	for _, memo := range []string{"", "stafi1recipient", "stafi/reserve", "stafi/5"} {
		t.Run("memo "+memo, func(t *testing.T) {
			vault := newTestVault(t, 1, 4, 3)
			s := newScene(t, vault)
			s.in.LeastEvent = math.NewInt(100)
			s.chain.add(11, ok(encode(t, memo, send(testAddress("staker"), vault.Address, 99))))
			s.chain.hold(11, vault.Address, 99)
			o := s.derive(11)
			require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{
				Vault: 1, Amount: math.NewInt(99),
			}}}}, o.Events)
			require.Equal(t, []types.Balance{{Vault: 1, Amount: math.NewInt(99)}}, o.Balances)
		})
	}
}

func TestWhatIsExactlyTheLeastEventIsOneAndWithoutALeastEverythingIs(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	for name, c := range map[string]struct {
		least  math.Int
		amount int64
	}{"the least": {math.NewInt(100), 100}, "no least": {math.ZeroInt(), 1}, "a least that is not set": {math.Int{}, 1}} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, vault)
			s.in.LeastEvent = c.least
			s.chain.add(11, ok(encode(t, "", send(testAddress("staker"), vault.Address, c.amount))))
			s.chain.hold(11, vault.Address, c.amount)
			events := s.derive(11).Events
			require.Len(t, events, 1)
			require.Equal(t, c.amount, depositOf(t, events[0]).Amount.Int64())
		})
	}
}

func TestOfDustToAClosedVaultNothingIsTold(t *testing.T) {
	closed, active := newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3)
	closed.Open = false
	s := newScene(t, closed, active)
	s.in.LeastEvent = math.NewInt(100)
	s.chain.add(11, ok(encode(t, "", send(testAddress("staker"), closed.Address, 99))))
	s.chain.hold(11, closed.Address, 99)
	o := s.derive(11)
	require.Empty(t, o.Events)
	require.Len(t, o.Balances, 1)
}

func TestDustBesideADepositMovesNoIndexOfAnOutput(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	s.in.LeastEvent = math.NewInt(100)
	s.chain.add(11, ok(encode(t, "", send(testAddress("a"), vault.Address, 1), send(testAddress("a"), vault.Address, 100))))
	s.chain.hold(11, vault.Address, 101)
	events := s.derive(11).Events
	require.Len(t, events, 2)
	require.Equal(t, uint32(1), depositOf(t, events[0]).Index)
	require.Equal(t, int64(1), events[1].GetSurplus().Amount.Int64())
}

func TestTheUnitThatCreatesAVaultsAccountIsASurplusBehindTheAccount(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	vault.AccountKnown = false
	s := newScene(t, vault)
	s.in.LeastEvent = math.NewInt(100)
	s.chain.add(11, ok(encode(t, "stafi/reserve", send(testAddress("member"), vault.Address, 1))))
	s.chain.hold(11, vault.Address, 1)
	s.chain.sequence(11, vault.Address, 0)
	events := s.derive(11).Events
	require.Len(t, events, 2)
	require.True(t, events[1].GetAccount().Plain)
	require.Equal(t, int64(1), events[0].GetSurplus().Amount.Int64())
}

func TestDustIsNotCountedWhereABlockIsSplit(t *testing.T) {
	s, vault := crowded(t, 25)
	s.in.LeastEvent = math.NewInt(100)
	var txs []lightclient.Tx
	for i, tx := range s.chain.blocks[11].Txs {
		txs = append(txs, ok(encode(t, fmt.Sprintf("dust %d", i), send(testAddress("a"), vault.Address, 99))), tx)
	}
	s.chain.add(11, txs...)
	s.chain.hold(11, vault.Address, 2500+25*99)
	limits := Limits{Events: 10, Bytes: 64 << 10}
	for _, want := range [][2]int{{10, 10}, {20, 10}, {0, 6}} {
		o, _, err := Derive(context.Background(), s.in, limits)
		require.NoError(t, err)
		s.check(o)
		require.Equal(t, want, [2]int{int(o.ToIndex), len(o.Events)})
		s.apply(o)
		if !o.Partial() {
			require.Equal(t, int64(25*99), o.Events[5].GetSurplus().Amount.Int64())
		}
	}
}

func TestAScannerForgetsDustAndWithAnotherLeastEventEverything(t *testing.T) {
	s, _ := crowded(t, 3)
	scanner := &Scanner{}
	for _, c := range []struct {
		least          int64
		kept, reported int
	}{{101, 0, 1}, {100, 3, 3}, {101, 0, 1}} {
		s.in.LeastEvent = math.NewInt(c.least)
		o, _, err := scanner.Derive(context.Background(), s.in, wide)
		require.NoError(t, err)
		require.Len(t, scanner.blocks[11].Txs, c.kept)
		require.Len(t, o.Events, c.reported)
	}
}

func TestDustToASafeIsNoEventAndASurplusHoweverItComes(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.in.LeastEvent = math.NewInt(300)
	wrapper := s.wrapper()
	s.stake("stafi1recipient", 299)
	s.stake("stafi/reserve", 298)
	s.pay(297)
	hash := s.stake("stafi1recipient", 300)
	wrapped := s.call(stakeCalldata("stafi1recipient"))
	wrapped.To, wrapped.Value = &wrapper, big.NewInt(3*299)
	s.send(wrapped)
	s.mine()
	events := s.derive().Events
	require.Len(t, events, 2)
	require.Equal(t, hash.Bytes(), depositOf(t, events[0]).TxHash)
	require.Equal(t, uint32(1), depositOf(t, events[0]).Index)
	require.Equal(t, int64(299+298+297+3*299), events[1].GetSurplus().Amount.Int64())
}

func TestDustOfBeforeAHandoverIsASurplusOfWhoHoldsTheSafeInTheEnd(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	s.in.LeastEvent = math.NewInt(100)
	s.stake("stafi1", 99)
	s.hand(7, vault, next, testFee)
	s.mine()
	o := s.derive()
	require.Len(t, o.Events, 2)
	require.Equal(t, &types.SurplusEvent{Vault: 2, Amount: math.NewInt(99)}, o.Events[1].GetSurplus())
	require.True(t, o.Balances[0].Amount.IsZero())
}

// A ledger that dust is left out of is at most what the Safe holds, and still what this chain's
// own ledger says: a payout that it paid from its ledger is never called one that the Safe could
// not pay.
func TestDustDoesNotTellAFailedPayoutFromOneThatTheSafeCouldNotPay(t *testing.T) {
	ether := evmtest.Ether(1)
	whole := new(big.Int).Add(ether, testFee)
	for name, c := range map[string]struct {
		ledger *big.Int
		code   uint32
	}{
		"the ledger has it, the dust is besides":      {whole, 1},
		"the ledger lacks a wei, which the dust made": {new(big.Int).Sub(whole, big.NewInt(1)), 5},
	} {
		t.Run(name, func(t *testing.T) {
			s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
			s.in.LeastEvent = math.NewInt(100)
			bad := s.reverting()
			s.evm.Fund(s.safe, new(big.Int).Sub(c.ledger, s.evm.Balance(s.safe)))
			s.restart()
			s.in.Vaults[0].Ledger = math.NewIntFromBigInt(c.ledger)
			s.pay(99)
			s.execute(s.open(7, vault, s.paying(testFee, toAddress(bad, ether.Int64()))))
			s.mine()
			events := s.derive().Events
			require.Len(t, events, 2)
			require.Equal(t, c.code, executionOf(t, events[0]).Code)
			require.Equal(t, int64(99), events[1].GetSurplus().Amount.Int64())
		})
	}
}

func TestAnyAmountOfDustInARangeTakesNoMemory(t *testing.T) {
	s := manyDeposits(t, 2_000)
	s.in.LeastEvent = math.NewInt(2)
	scanner := &Scanner{}
	o, _, err := scanner.Derive(context.Background(), s.in, usual)
	require.NoError(t, err)
	require.Len(t, o.Events, 1)
	require.Equal(t, int64(2_000), o.Events[0].GetSurplus().Amount.Int64())
	require.Len(t, scanner.logs, 20)
	for height, block := range scanner.logs {
		require.Empty(t, block.logs, "block %d", height)
	}
}

// crowdOfDust is a block with so many outputs of one unit to a vault, a thousand in a transaction.
func crowdOfDust(t require.TestingT, outputs int) *scene {
	vault := newTestVault(t, 1, 7, 5)
	s := newScene(t, vault)
	var txs []lightclient.Tx
	for n := 0; n < outputs; n += 1000 {
		send := &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{Address: testAddress("a"), Coins: coins(1000)}}}
		for range 1000 {
			send.Outputs = append(send.Outputs, banktypes.Output{Address: vault.Address, Coins: coins(1)})
		}
		txs = append(txs, ok(encode(t, fmt.Sprintf("dust %d", n), send)))
	}
	s.chain.add(11, txs...)
	s.chain.hold(11, vault.Address, int64(outputs))
	return s
}

// observed derives block 11 observation by observation, as a relayer does, and returns how many it
// took and their events.
func (s *scene) observed(t require.TestingT) (observations, events int) {
	scanner := &Scanner{}
	for s.in.From < 11 {
		s.in.To = 11
		o, _, err := scanner.Derive(context.Background(), s.in, usual)
		require.NoError(t, err)
		s.apply(o)
		observations, events = observations+1, events+len(o.Events)
	}
	return observations, events
}

func TestABlockOfTenThousandUnitsIsOneObservationOfOneEvent(t *testing.T) {
	for name, c := range map[string]struct {
		least                int64
		observations, events int
	}{"each an event": {0, 11, 10_000}, "dust": {2, 1, 1}} {
		t.Run(name, func(t *testing.T) {
			s := crowdOfDust(t, 10_000)
			s.in.LeastEvent = math.NewInt(c.least)
			observations, events := s.observed(t)
			require.Equal(t, [2]int{c.observations, c.events}, [2]int{observations, events})
		})
	}
}

func BenchmarkABlockOfTenThousandUnits(b *testing.B) {
	for name, least := range map[string]int64{"each an event": 0, "dust": 2} {
		b.Run(name, func(b *testing.B) {
			s := crowdOfDust(b, 10_000)
			s.in.LeastEvent = math.NewInt(least)
			start, ledger := s.in, s.in.Vaults[0].Ledger
			var observations, events int
			for b.Loop() {
				s.in, s.in.Vaults[0].Ledger = start, ledger
				observations, events = s.observed(b)
			}
			b.ReportMetric(float64(observations), "observations")
			b.ReportMetric(float64(events), "events")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/block")
		})
	}
}
