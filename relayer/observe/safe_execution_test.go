package observe

import (
	"context"
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

var canonical = vaultethereum.Canonical()

func TestAPayoutIsReportedWithWhatWasRefundedForIt(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	before := s.evm.Balance(s.safe)
	hash := s.execute(s.open(7, vault, s.paying(testFee, toAddress(common.Address{1}, 30), toAddress(common.Address{2}, 40))))
	s.mine()
	refund := math.NewIntFromBigInt(before.Sub(before, s.evm.Balance(s.safe))).SubRaw(70)
	require.True(t, refund.IsPositive() && refund.BigInt().Cmp(testFee) <= 0)
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: 1, Session: 7, TxHash: hash.Bytes(), Success: true, Fee: &refund,
	}}}}, s.derive().Events)
}

// Books name the first attempt of a series that asked for a digest.
func TestAnAttemptThatWasPricedAnewIsReportedAsItselfWithItsOwnFee(t *testing.T) {
	dear := new(big.Int).Mul(testFee, big.NewInt(5))
	for name, c := range map[string]struct {
		fee     *big.Int
		session uint64
	}{"the first": {testFee, 5}, "the dearer": {dear, 7}} {
		t.Run(name, func(t *testing.T) {
			s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
			bad := s.reverting()
			holds := new(big.Int).Add(big.NewInt(30), testFee)
			s.evm.Fund(s.safe, new(big.Int).Sub(holds, s.evm.Balance(s.safe)))
			s.restart()
			s.in.Vaults[0].Ledger = math.NewIntFromBigInt(holds)
			s.open(5, vault, s.paying(testFee, toAddress(bad, 30)))
			s.open(7, vault, s.paying(dear, toAddress(bad, 30)))
			for digest, asked := range s.books {
				asked.Session.Root = 5
				s.books[digest] = asked
			}
			s.execute(s.rogue(vault, s.paying(c.fee, toAddress(bad, 30))))
			s.mine()
			executed := executionOf(t, s.derive().Events[0])
			require.Equal(t, c.session, executed.Session)
			require.Equal(t, map[uint64]uint32{5: codeFailed, 7: codePoor}[c.session], executed.Code, "the Safe holds what the first needs")
		})
	}
}

func TestAnExecutionThatNoSessionAskedForIsAnOutflow(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.stake("stafi1", 3)
	hash := s.execute(s.rogue(vault, s.paying(new(big.Int), toAddress(common.Address{1}, 30))))
	s.mine()
	o, quarantined := s.deriveWithin(wide)
	require.Len(t, o.Events, 3)
	require.Equal(t, &types.SequenceEvent{Vault: 1, TxHash: hash.Bytes(), Sequence: 1}, o.Events[1].GetSequence())
	require.Equal(t, &types.OutflowEvent{Vault: 1, TxHash: hash.Bytes(), Amount: math.NewInt(30)}, o.Events[2].GetOutflow())
	require.Len(t, quarantined, 1)
	require.True(t, quarantined[0].Foreign)
}

func TestASessionOfAnotherContractExplainsNothing(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.execute(s.open(7, vault, s.paying(new(big.Int), toAddress(common.Address{1}, 30))))
	for digest, asked := range s.books {
		asked.Session.Contract = 2
		s.books[digest] = asked
	}
	s.mine()
	require.Equal(t, int64(30), s.derive().Events[1].GetOutflow().Amount.Int64())
}

func TestAForeignExecutionThatCostNothingIsToldByItsNonceAndToTheProposer(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	hash := s.execute(s.rogue(vault, s.handing(new(big.Int), next)))
	s.mine()
	o, quarantined := s.deriveWithin(wide)
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Sequence{Sequence: &types.SequenceEvent{
		Vault: 1, TxHash: hash.Bytes(), Sequence: 1,
	}}}}, o.Events)
	require.True(t, quarantined[0].Foreign)
}

func TestAFailedPayoutIsToldApartFromOneThatTheSafeCouldNotPay(t *testing.T) {
	ether := evmtest.Ether(1).Int64()
	pays := func(s *safeScene, v safeVault) {
		s.execute(s.open(6, v, s.paying(new(big.Int), toAddress(common.Address{1}, ether))))
	}
	stranger := func(s *safeScene, v safeVault) {
		s.execute(s.rogue(v, s.paying(new(big.Int), toAddress(common.Address{1}, 1))))
	}
	for name, c := range map[string]struct {
		// holds is what the Safe has at the range's start; before and within are what happens in the block before the execution's, and in it.
		holds          *big.Int
		before, within func(*safeScene, safeVault)
		code           uint32
	}{
		"a recipient that reverts":                       {holds: evmtest.Ether(100), code: 1},
		"outputs and the fee to the wei":                 {holds: new(big.Int).Add(evmtest.Ether(1), testFee), code: 1},
		"a wei less":                                     {holds: new(big.Int).Add(evmtest.Ether(1), new(big.Int).Sub(testFee, big.NewInt(1))), code: 5},
		"what a deposit brought in the same block":       {within: func(s *safeScene, _ safeVault) { s.stake("stafi1", 2*ether) }, code: 1},
		"what a plain payment brought in a block before": {before: func(s *safeScene, _ safeVault) { s.pay(2 * ether) }, code: 1},
		"after another payout of the same block":         {holds: evmtest.Ether(2), within: pays, code: 5},
		"after another payout of a block before":         {holds: evmtest.Ether(2), before: pays, code: 5},
		"after a stranger's execution in the same block": {holds: evmtest.Ether(100), within: stranger, code: 5},
		"after a stranger's execution in a block before": {holds: evmtest.Ether(100), before: stranger, code: 5},
	} {
		t.Run(name, func(t *testing.T) {
			s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
			if c.holds == nil {
				c.holds = new(big.Int)
			}
			bad := s.reverting()
			s.evm.Fund(s.safe, new(big.Int).Sub(c.holds, s.evm.Balance(s.safe)))
			s.restart()
			s.in.Vaults[0].Ledger = math.NewIntFromBigInt(c.holds)
			if c.before != nil {
				c.before(s, vault)
			}
			s.mine()
			if c.within != nil {
				c.within(s, vault)
			}
			s.execute(s.open(7, vault, s.paying(testFee, toAddress(bad, ether))))
			s.mine()
			for _, event := range s.derive().Events {
				if execution := event.GetExecution(); execution != nil && execution.Session == 7 {
					require.False(t, execution.Success)
					require.Equal(t, c.code, execution.Code)
					require.True(t, execution.Fee.IsPositive())
					return
				}
			}
			require.Fail(t, "no execution")
		})
	}
}

func TestWhyAPayoutFailedNeedsNoStateOfAnOldBlock(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.execute(s.open(7, vault, s.paying(testFee, toAddress(s.reverting(), 1))))
	s.mine()
	s.stake("stafi1", 1)
	s.in.To = s.mine()
	delete(s.chain.states, 10)
	delete(s.chain.states, 11)
	_, _, err := Derive(context.Background(), s.in, wide)
	require.NoError(t, err)
	require.Equal(t, 1, s.chain.proofs)
}

func TestASessionOfAVaultThatTheViewDoesNotHaveYetIsNoObservation(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	s.hand(7, vault, next, new(big.Int))
	s.in.To = s.mine()
	s.in.Vaults = s.in.Vaults[:1]
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, ErrVaultSet)
	s.in.Vaults = append(s.in.Vaults, next.Vault)
	s.in.Vaults[1].Address = common.Address{9}.Hex()
	_, _, err = Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, ErrVaultSet)
}

func TestBooksThatDoNotAnswerAreNoForeignExecution(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.execute(s.open(7, vault, s.paying(new(big.Int), toAddress(common.Address{1}, 1))))
	s.in.To, s.in.Books = s.mine(), brokenBooks{errors.New("node is away")}
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorContains(t, err, "node is away")
}

func TestASessionWithoutAnEthereumPayloadIsNoObservation(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.execute(s.open(7, vault, s.paying(new(big.Int), toAddress(common.Address{1}, 1))))
	for digest, asked := range s.books {
		s.books[digest] = Asked{Session: asked.Session}
	}
	s.in.To = s.mine()
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, ErrState)
}
