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

// Gas is the gas limit of a vault's transaction: (gas_base + gas_per_signature·signers + gas_per_output·outputs)·(100+boost)/100, rounded
// down. signers is M, because a chain may charge for every key of the multisig.
func Gas(chain types.CosmosChain, signers, outputs, boost uint32) uint64 {
	gas := chain.GasBase + chain.GasPerSignature*uint64(signers) + chain.GasPerOutput*uint64(outputs)
	return math.NewIntFromUint64(gas).MulRaw(int64(100 + boost)).QuoRaw(100).Uint64()
}

// Fee is gas·gas_price in base units, rounded up.
func Fee(chain types.CosmosChain, gas uint64) math.Int {
	return chain.GasPrice.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt()
}

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
	gas := Gas(chain, vault.Size_, outputs, boost)
	return Cost{Gas: gas, Fee: Fee(chain, gas)}
}

func safeCost(chain types.EthereumChain, cost ethereum.Cost) Cost {
	return Cost{Gas: cost.Gas, Fee: chain.GasPrice.Mul(math.NewIntFromUint64(cost.Refunded))}
}
