package ethereum_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// pay pays recipients as protocol §9 has it: a batch that is proven failed is halved until the failing redemption stands alone, and that one
// is refused. It returns who is refused, and the gas of all transactions.
func (v *vault) pay(fee *big.Int, recipients []common.Address) (refused []common.Address, gas uint64) {
	p := v.payout(recipients...)
	p.Fee = fee
	nonce := v.nonce
	receipt := v.send(p, v.calldata(p), 0)
	require.False(v.t, receipt.Reverted, receipt.Reason)
	require.Equal(v.t, nonce+1, v.nonce, "executed or failed, the nonce is used up")
	execution, found := v.execution(receipt)
	require.True(v.t, found)
	if execution.Success {
		return nil, receipt.Gas
	}
	if len(recipients) == 1 {
		return recipients, receipt.Gas
	}
	half := len(recipients) / 2
	first, firstGas := v.pay(fee, recipients[:half])
	second, secondGas := v.pay(fee, recipients[half:])
	return append(first, second...), receipt.Gas + firstGas + secondGas
}

func TestOfTenRecipientsOfWhichOneFailsNineArePaid(t *testing.T) {
	for name, code := range map[string]string{"that reverts": reverting, "that burns all gas": burning} {
		for feeName, fee := range map[string]*big.Int{"without a refund": new(big.Int), "with a refund": evmtest.Ether(1)} {
			for _, place := range []int{0, 4, 9} {
				t.Run(fmt.Sprintf("a recipient %s, %s, at place %d", name, feeName, place), func(t *testing.T) {
					v := newVault(t, newCommittee(t, "a", 4, 3))
					recipients := fresh(10)
					recipients[place] = v.contract(code)
					refused, gas := v.pay(fee, recipients)
					require.Equal(t, []common.Address{recipients[place]}, refused)
					for i, recipient := range recipients {
						if i != place {
							require.Equal(t, tenth, v.chain.Balance(recipient))
						}
					}
					require.Zero(t, v.chain.Balance(recipients[place]).Sign())
					t.Logf("%d transactions, %d gas", v.nonce, gas)
				})
			}
		}
	}
}

// The recipient leaves nothing for those after it in the batch; alone, it is paid.
func TestARecipientThatUsesAllGasButTakesThePaymentIsPaidAlone(t *testing.T) {
	for _, fee := range []*big.Int{new(big.Int), evmtest.Ether(1)} {
		v := newVault(t, newCommittee(t, "a", 4, 3))
		recipients := fresh(10)
		recipients[2] = v.contract(greedy)
		refused, _ := v.pay(fee, recipients)
		require.Empty(t, refused)
		require.Greater(t, v.nonce, uint64(1), "the batch failed as a whole first")
		for _, recipient := range recipients {
			require.Equal(t, tenth, v.chain.Balance(recipient))
		}
	}
}

func TestAFailedBatchChangesNothingButTheNonceAndTheRefund(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	recipients := append(fresh(3), v.contract(reverting))
	p := v.payout(recipients...)
	p.Fee = evmtest.Ether(1)
	receipt := v.executed(p, false)
	execution, _ := v.execution(receipt)
	require.Positive(t, execution.Refund.Sign())
	require.Equal(t, new(big.Int).Sub(evmtest.Ether(100), execution.Refund), v.chain.Balance(v.safe))
	for _, recipient := range recipients {
		require.Zero(t, v.chain.Balance(recipient).Sign())
	}
}

// starved are payloads in whose execution gas is short, if it is short anywhere.
func starved(v *vault) map[string]ethereum.Payload {
	full := v.contract(spending(ethereum.RecipientGas))
	contracts := make([]common.Address, 5)
	for i := range contracts {
		contracts[i] = v.contract(spending(ethereum.RecipientGas - i))
	}
	return map[string]ethereum.Payload{
		"one new account":                  v.payout(fresh(1)...),
		"one contract":                     v.payout(full),
		"ten new accounts":                 v.payout(fresh(10)...),
		"contracts that use what they may": v.payout(contracts...),
		"a handover":                       v.handover(newCommittee(v.t, "b", 5, 4)),
		"one new owner":                    v.handover(v.with(v.t, append(v.private[1:], newCommittee(v.t, "b", 1, 1).private...)...)),
	}
}

// Whoever has the right calldata chooses the gas. Too little must revert as a whole and use no nonce up: a failure that is proven would
// be blamed on a redeemer. Every limit from far too little to enough is tried, close together around the least that works.
func TestASenderThatBringsTooLittleGasCanNotMakeAnExecutionFail(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	for name, p := range starved(v) {
		for feeName, fee := range map[string]*big.Int{"without a refund": new(big.Int), "with a refund": evmtest.Ether(1)} {
			t.Run(name+" "+feeName, func(t *testing.T) {
				p.Fee = fee
				tx, err := p.SafeTx()
				require.NoError(t, err)
				calldata := v.calldata(p)
				try := func(gas uint64) bool { return v.succeeds(t, p, calldata, gas) }
				enough := tx.GasLimit()
				require.True(t, try(enough), "the limit that a sender uses is enough")
				least := leastGas(try, 60_000, enough)
				for gas := uint64(60_000); gas < enough; gas += 2_477 {
					require.Equal(t, gas >= least, try(gas), "gas limit %d, least %d", gas, least)
				}
				for gas := least - 3_000; gas < least+3_000; gas += 37 {
					require.Equal(t, gas >= least, try(gas), "gas limit %d, least %d", gas, least)
				}
				t.Logf("least %d, used by a sender %d, safeTxGas %d", least, enough, tx.SafeTxGas)
			})
		}
	}
}

// succeeds sends calldata on a fork: it is executed with success, or reverts as a whole.
func (v *vault) succeeds(t *testing.T, p ethereum.Payload, calldata []byte, gas uint64) bool {
	t.Helper()
	fork := *v
	fork.chain = v.chain.Fork()
	receipt := fork.send(p, calldata, gas)
	if receipt.Reverted {
		require.Equal(t, v.nonce, fork.nonce, "gas limit %d: a revert uses no nonce up", gas)
		return false
	}
	execution, found := fork.execution(receipt)
	require.True(t, found)
	require.True(t, execution.Success, "gas limit %d makes the execution fail", gas)
	return true
}

// leastGas finds the least limit, in (below, enough], at which a transaction succeeds.
func leastGas(succeeds func(uint64) bool, below, enough uint64) uint64 {
	for enough-below > 1 {
		if middle := (below + enough) / 2; succeeds(middle) {
			enough = middle
		} else {
			below = middle
		}
	}
	return enough
}

// The limit that a sender uses is enough whatever a recipient does with the gas.
func TestASendersLimitIsEnoughForAnExecutionThatUsesAllItsGas(t *testing.T) {
	for _, fee := range []*big.Int{new(big.Int), evmtest.Ether(1)} {
		for outputs := 1; outputs <= 20; outputs++ {
			v := newVault(t, newCommittee(t, "a", 4, 3))
			p := v.payout(append(fresh(outputs-1), v.contract(burning))...)
			p.Fee = fee
			v.executed(p, false)
		}
	}
}

func TestTheSafeNamesTooLittleGas(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	p := v.payout(fresh(10)...)
	receipt := v.send(p, v.calldata(p), 400_000)
	require.True(t, receipt.Reverted)
	require.Equal(t, "GS010", receipt.Reason)
	require.Zero(t, v.nonce)
}

// GS010 does not count the price of the call itself, up to 36,600: with a safeTxGas that is only what the recipient uses, whoever sends the
// transaction can make it fail. That is why PayoutGas has the price in it.
func TestASafeTxGasWithoutThePriceOfTheCallWouldLetASenderMakeItFail(t *testing.T) {
	const used = 400_000
	v := newVault(t, newCommittee(t, "a", 4, 3))
	p := v.payout(v.contract(spending(used)))
	tx, err := p.SafeTx()
	require.NoError(t, err)
	tx.SafeTxGas.SetUint64(used)
	hash, err := tx.Hash(p.Domain())
	require.NoError(t, err)
	var signatures []byte
	for i := range 3 {
		signatures = append(signatures, v.sign(t, hash, i).Signature...)
	}
	failed := false
	for gas := uint64(used); gas < used+200_000 && !failed; gas += 500 {
		fork := *v
		fork.chain = v.chain.Fork()
		if receipt := fork.send(p, tx.Calldata(signatures), gas); !receipt.Reverted {
			execution, _ := fork.execution(receipt)
			failed = !execution.Success
		}
	}
	require.True(t, failed)
}
