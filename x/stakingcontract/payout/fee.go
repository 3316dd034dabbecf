// Package payout plans what a contract's vaults pay, without a store: fees, batches, what follows from a batch that failed, and when a
// redemption may expect its next step (protocol §9).
package payout

import (
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// MaxGasBoost in percent: a transaction gets at most four times the gas that the contract's figures say.
const MaxGasBoost = 300

// GasBoostStep in percent is added after a transaction ran out of gas.
const GasBoostStep = 50

// Boosted is the gas boost after a transaction ran out of gas at the boost given.
func Boosted(boost uint32) uint32 { return min(boost+GasBoostStep, MaxGasBoost) }

// Cost is a transaction's gas limit (on Ethereum safeTxGas) and its fee in base units: on a Cosmos chain what it always pays, on Ethereum the
// most that the Safe refunds to the sender.
type Cost struct {
	Gas uint64
	Fee math.Int
}

// PayoutCost is the cost of a vault's payout with that many outputs. A Safe's gas is always enough and takes no boost.
func PayoutCost(c types.Contract, vault multisigtypes.Vault, outputs, boost uint32) Cost {
	if c.Kind.HandsOn() {
		return safeCost(*c.Ethereum, ethereum.PayoutCost(int(outputs), vault.Threshold))
	}
	return cosmosCost(*c.Cosmos, vault, outputs, boost)
}

// MoveCost is the cost of moving all that a vault holds to another one; on Ethereum of handing its Safe over to that one's owners, of which
// neither the number of calls nor their calldata can be more than is assumed here.
func MoveCost(c types.Contract, vault, next multisigtypes.Vault, boost uint32) Cost {
	if c.Kind.HandsOn() {
		return safeCost(*c.Ethereum, ethereum.HandoverCost(int(max(vault.Size_, next.Size_))+1, vault.Threshold))
	}
	return cosmosCost(*c.Cosmos, vault, 1, boost)
}

func cosmosCost(chain types.CosmosChain, vault multisigtypes.Vault, outputs, boost uint32) Cost {
	gas := chain.Gas(vault.Size_, outputs, boost)
	return Cost{Gas: gas, Fee: chain.Fee(gas)}
}

func safeCost(chain types.EthereumChain, cost ethereum.Cost) Cost {
	return Cost{Gas: cost.Gas, Fee: chain.Fee(cost)}
}

// Charge is the fee that a redemption pays: the contract's redemption_fee, or what a payout of it alone costs now where that is more.
func Charge(c types.Contract, boost uint32) math.Int {
	return math.MaxInt(c.Limits.RedemptionFee, PayoutCost(c, largest(c), 1, boost).Fee)
}

// Least is the least redemption: more than its fee, and no less than the fees of all the failed batches that it can cause, which it is charged
// when it is refused (protocol §9): a batch of max_outputs, a half, a half of that, and so on down to itself alone; the first one twice, where the
// failure may first be taken for the vault's.
func Least(c types.Contract, boost uint32) math.Int {
	vault, worst := largest(c), math.ZeroInt()
	for n := int(c.Limits.MaxOutputs); ; n = int(Halved(n)) {
		worst = worst.Add(PayoutCost(c, vault, uint32(n), boost).Fee)
		if n == 1 {
			break
		}
	}
	if Doubtful(c) {
		worst = worst.Add(PayoutCost(c, vault, c.Limits.MaxOutputs, boost).Fee)
	}
	return math.MaxInt(worst, Charge(c, boost).AddRaw(1))
}

// largest is a vault of the tier with most members and the greatest threshold that a contract has.
func largest(c types.Contract) multisigtypes.Vault {
	vault := multisigtypes.Vault{}
	for _, tier := range c.Tiers {
		vault.Size_, vault.Threshold = max(vault.Size_, tier.Size_), max(vault.Threshold, tier.Threshold)
	}
	return vault
}
