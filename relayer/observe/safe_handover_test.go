package observe

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// depositVaults are the vaults of an observation's deposits, in order.
func depositVaults(o types.Observation) (vaults []uint64) {
	for _, event := range o.Events {
		if deposit := event.GetDeposit(); deposit != nil {
			vaults = append(vaults, deposit.Vault)
		}
	}
	return vaults
}

func TestAHandoverMovesTheSafeWithAllThatItHoldsAndDepositsFollowIt(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 5, 4)
	s.stake("before, another block", 1)
	s.mine()
	s.stake("before, same block", 2)
	s.pay(3)
	s.hand(7, vault, next, testFee)
	s.stake("after, same block", 4)
	s.mine()
	s.pay(5)
	s.mine()
	o := s.derive()
	require.Equal(t, []uint64{1, 1, 1, 2, 2}, depositVaults(o))
	handed := executionOf(t, o.Events[3])
	require.Equal(t, uint64(1), handed.Vault)
	require.True(t, handed.Success)
	require.True(t, handed.Fee.IsPositive())
	require.Len(t, o.Events, 6, "nothing is unexplained")
	require.Equal(t, []types.Balance{
		{Vault: 1, Amount: math.ZeroInt()}, {Vault: 2, Amount: math.NewIntFromBigInt(s.evm.Balance(s.safe))},
	}, o.Balances)
}

func TestAfterAHandoverTheNextVaultHoldsTheSafeWhateverTheOneBeforeBecame(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	s.hand(7, vault, next, new(big.Int))
	s.in.From, s.in.Vaults[1].Ledger, s.in.Vaults[0].Ledger = s.mine(), s.in.Vaults[0].Ledger, math.ZeroInt()
	s.in.Vaults[0].Open, s.in.Vaults[0].Holds, s.in.Vaults[1].Holds = false, false, true
	s.stake("stafi1", 4)
	s.mine()
	o := s.derive()
	require.Equal(t, []uint64{2}, depositVaults(o))
	require.Len(t, o.Events, 1)
	require.Len(t, o.Balances, 1)
}

func TestWhatIsUnexplainedIsOfWhoHoldsTheSafeInTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*safeScene, safeVault)
		event  types.Event
	}{
		"surplus": {
			func(s *safeScene, _ safeVault) { s.evm.Fund(s.safe, big.NewInt(9)) },
			types.Event{Height: 11, Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: 2, Amount: math.NewInt(9)}}},
		},
		"outflow": {
			func(s *safeScene, v safeVault) {
				s.execute(s.rogue(v, s.paying(new(big.Int), toAddress(common.Address{1}, 9))))
			},
			types.Event{Height: 11, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: 2, Amount: math.NewInt(9)}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
			next := s.successor("b", 2, 4, 3)
			c.change(s, vault)
			if outflow := c.event.GetOutflow(); outflow != nil {
				outflow.TxHash = s.block[0].TxHash.Bytes()
			}
			s.hand(7, vault, next, new(big.Int))
			s.mine()
			require.Equal(t, c.event, s.derive().Events[1])
		})
	}
}

func TestALedgerBelowNothingPassesAsItIs(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	s.in.Vaults[0].Ledger = math.NewInt(10) // the rest came without a log
	s.execute(s.open(6, vault, s.paying(new(big.Int), toAddress(common.Address{1}, 30))))
	s.hand(7, vault, next, new(big.Int))
	s.mine()
	o := s.derive()
	require.Len(t, o.Events, 3)
	require.Equal(t, uint64(2), o.Events[2].GetSurplus().Vault)
	require.True(t, o.Balances[0].Amount.IsZero())
}

func TestAFailedHandoverHandsNothingOver(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	// One of the next owners is an owner already, in another place than the payload believes: the Safe refuses the change.
	s.evm.Fund(s.safe, new(big.Int).Sub(big.NewInt(testFee.Int64()-1), s.evm.Balance(s.safe))) // below the fee's cap, which is no reason for a handover to fail
	s.restart()
	s.in.Vaults[0].Ledger = math.NewIntFromBigInt(s.evm.Balance(s.safe))
	payload := s.handing(testFee, next)
	payload.Owners[0], payload.Owners[1] = payload.Owners[1], payload.Owners[0]
	s.execute(s.open(7, vault, payload))
	s.stake("stafi1", 4)
	s.mine()
	o := s.derive()
	require.Equal(t, []uint64{1}, depositVaults(o))
	failed := executionOf(t, o.Events[0])
	require.False(t, failed.Success)
	require.Equal(t, uint32(1), failed.Code)
	require.True(t, o.Balances[1].Amount.IsZero())
}

func TestOfAPayoutAndAHandoverOfOneNonceTheOneThatExecutedIsReported(t *testing.T) {
	for name, pays := range map[string]bool{"payout": true, "handover": false} {
		t.Run(name, func(t *testing.T) {
			s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
			next := s.successor("b", 2, 4, 3)
			payout := s.open(6, vault, s.paying(new(big.Int), toAddress(common.Address{1}, 30)))
			handover := s.open(7, vault, s.handing(new(big.Int), next))
			wanted := uint64(7)
			if pays {
				wanted, payout, handover = 6, handover, payout
			}
			s.execute(handover)
			require.False(t, s.evm.Send(s.call(payout)).Reverted == false, "the other is refused")
			s.mine()
			o := s.derive()
			require.Len(t, o.Events, 1)
			require.Equal(t, wanted, executionOf(t, o.Events[0]).Session)
		})
	}
}

// busyBlock has in block 12 two deposits, a handover and two deposits, one of them by a wrapper that makes three, between blocks with one each.
func busyBlock(t testing.TB) (s *safeScene, events int) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	wrapper := s.wrapper()
	s.stake("one", 1)
	s.mine()
	s.stake("two", 2)
	s.pay(3)
	s.hand(7, vault, next, testFee)
	wrapped := s.call(nil)
	wrapped.To, wrapped.Value, wrapped.Data = &wrapper, big.NewInt(900), stakeCalldata("three")
	s.send(wrapped)
	s.stake("four", 4)
	s.mine()
	s.pay(5)
	s.mine()
	return s, 9
}

func TestABlockSplitAnywhereGivesTheSameEventsAlsoAtAHandover(t *testing.T) {
	whole, events := busyBlock(t)
	want := whole.derive()
	require.Len(t, want.Events, events)
	for first := 1; first <= 7; first++ {
		s, _ := busyBlock(t)
		s.in.From, s.in.Vaults[0].Ledger = 11, s.in.Vaults[0].Ledger.AddRaw(1)
		// Limits that leave no room for the end of the range, so that the block is split after as many events as wanted.
		got, _ := s.deriveWithin(Limits{Events: uint32(first), Bytes: wide.Bytes})
		require.Equal(t, uint64(12), got.To)
		require.Equal(t, uint32(first), got.ToIndex)
		require.Equal(t, want.Events[1:1+first], got.Events)
		s.settle(got)
		rest := s.derive()
		require.Equal(t, want.Events[1+first:], rest.Events)
		require.Equal(t, want.Balances[1], rest.Balances[len(rest.Balances)-1])
	}
}

// settle does with an observation what the chain does: ledgers, sequences, holder, and the
// observed position.
func (s *safeScene) settle(o types.Observation) {
	ledgers := s.booked(o)
	for i := range s.in.Vaults {
		s.in.Vaults[i].Ledger = math.NewIntFromBigInt(ledgers[s.in.Vaults[i].ID])
	}
	for _, event := range o.Events {
		if sequence := event.GetSequence(); sequence != nil {
			s.follow(sequence.Vault, sequence.Sequence)
		}
		execution := event.GetExecution()
		if execution == nil {
			continue
		}
		s.follow(execution.Vault, s.payloadOf(execution.Session).Nonce+1)
		if !execution.Success {
			continue
		}
		if to := s.payloadOf(execution.Session).Next; to != 0 {
			for i := range s.in.Vaults {
				vault := &s.in.Vaults[i]
				vault.Holds, vault.Open = vault.ID == to, vault.Open && vault.ID != execution.Vault
			}
			s.follow(to, s.payloadOf(execution.Session).Nonce+1)
		}
	}
	s.in.From, s.in.FromIndex = o.To, o.ToIndex
	if o.Partial() {
		s.in.From--
	}
}

// follow records a vault's next sequence.
func (s *safeScene) follow(vault, sequence uint64) {
	for i := range s.in.Vaults {
		if s.in.Vaults[i].ID == vault {
			s.in.Vaults[i].Sequence = sequence
		}
	}
}

func TestAnAttesterComesToTheSameWhateverHappenedOnThisChainSince(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	s.hand(7, vault, next, testFee)
	s.stake("stafi1", 4)
	s.in.To = s.mine()
	generations := []Generation{s.generation(vault, multisigtypes.VAULT_STATUS_ACTIVE, 1), s.generation(next, multisigtypes.VAULT_STATUS_PENDING, 5)}
	s.in.Vaults = Proposing(generations)
	o, _, err := Derive(context.Background(), s.in, wide)
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, depositVaults(o))

	proposal := types.Proposal{Contract: 1, Height: 9, From: o.From, To: o.To, Balances: o.Balances}
	third := members(t, "c", 3, 4, 3)
	third.Address = vault.Address
	late := append(generations, s.generation(third, multisigtypes.VAULT_STATUS_PENDING, 20)) // made after the proposal
	for name, of := range map[string][]Generation{"at once": generations, "later": late} {
		t.Run(name, func(t *testing.T) {
			in := s.in
			in.Vaults, err = Attesting(of, proposal)
			require.NoError(t, err)
			again, _, err := Rederive(context.Background(), in, 0)
			require.NoError(t, err)
			require.Equal(t, hashOf(t, o), hashOf(t, again))
		})
	}
}

func (s *safeScene) generation(v safeVault, status multisigtypes.VaultStatus, created int64) Generation {
	g := Generation{
		Vault: multisigtypes.Vault{
			Id: v.ID, Contract: 1, Kind: multisigtypes.CHAIN_KIND_ETHEREUM, ChainId: safeChainID, Address: v.Address, Threshold: v.Threshold,
			Status: status, CreatedHeight: created, AccountKnown: true,
		},
		Ledger: types.Ledger{Vault: v.ID, Balance: v.Ledger},
	}
	for i, key := range v.Keys {
		g.Signers = append(g.Signers, multisigtypes.Signer{Key: key, Index: uint32(i)})
	}
	return g
}

func TestARangeOfASafeThatDoesNotFitEndsWithinABlockWhereNoStateIsTold(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.stake("stafi1", 1)
	s.stake("stafi1", 2)
	s.mine()
	s.mine()
	s.stake("stafi1", 3)
	s.stake("stafi1", 4)
	s.mine()
	s.mine()
	s.in.To = s.number
	whole := s.derive()
	bytes := Limits{Bytes: 1 << 20}.empty().bytes - (1 << 20) // of the fixed fields, below 0
	size := eventRoom(whole.Events[0]).bytes
	for name, c := range map[string]struct {
		limits Limits
		to     uint64
		index  uint32
	}{
		"within the block that does not fit":  {Limits{Events: 3, Bytes: wide.Bytes}, 13, 1},
		"after the last event that fits":      {Limits{Events: 3, Bytes: uint32(3*size - 1 - bytes)}, 11, 2},
		"after all events, without their end": {Limits{Events: 4, Bytes: wide.Bytes}, 13, 2},
	} {
		t.Run(name, func(t *testing.T) {
			proofs := s.chain.proofs
			o, _ := s.deriveWithin(c.limits)
			require.Equal(t, c.to, o.To)
			require.Equal(t, c.index, o.ToIndex)
			require.Equal(t, s.chain.headers[c.to].Hash.Bytes(), o.BlockHash)
			require.Equal(t, proofs, s.chain.proofs)

			rest := *s
			rest.in.Vaults = append([]Vault{}, s.in.Vaults...)
			rest.settle(o)
			left := rest.derive()
			require.Equal(t, whole.Events, append(o.Events, left.Events...))
			require.Equal(t, whole.Balances, left.Balances)
		})
	}
}
