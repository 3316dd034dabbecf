package ethereum

import (
	"fmt"
	"math/big"
)

// Gas figures of a SafeTx. Those of the EVM are the dearest case; those measured have a test that they suffice.
const (
	// payGas: a cold account (2,600, EIP-2929), the cold code that it may delegate to (2,600, EIP-7702), a value (9,000).
	payGas = 2_600 + 2_600 + 9_000
	// newAccountGas: an account that did not exist. A contract does exist, so RecipientGas, which is more, is enough for either.
	newAccountGas = 25_000
	// RecipientGas is what a recipient that is a contract may use on being paid, beside the 2,300 of any payment with a value. It pays for
	// smart accounts and exchanges' forwarders several times over; one that needs more may be refused.
	RecipientGas = 60_000
	// outputGas: the call, MultiSend's loop, and RecipientGas after EIP-150 kept a 64th of it.
	outputGas = payGas + 500 + RecipientGas*64/63 + 1
	// ownerGas: the dearest change of an owner: a new slot (22,100), two others (5,000 each), two events (1,500 each); 36,300 measured.
	ownerGas = 45_000
	// batchGas: MultiSend's cold code (2,600), copying its calldata, and what the Safe uses between its check of the gas and the call.
	batchGas = 10_000
	// settleGas: what a sender brings beyond what it is refunded for, because refund and event come after an execution that may have used all
	// its gas, and EIP-150 keeps a 64th of what is left then.
	settleGas = 20_000
	// signatureGas: ecrecover (3,000), the owner's cold slot (2,100), the loop; 6,600 measured.
	signatureGas = 7_000
	// fixedGas: proxy and singleton (5,200), the nonce's slot (5,000 with its first read), domain and hash, the refund (9,000), the event.
	fixedGas = 28_000
	// executeOverhead bounds the gas that the Safe counts as used above safeTxGas: it counts the call's own price, too.
	executeOverhead = payGas + newAccountGas + 3_000
	// MaxTxGas is the most that one transaction may use (EIP-7825).
	MaxTxGas = 1 << 24
)

// PayoutGas is the safeTxGas of a payout with that many outputs: enough for every one of them, so that the Safe refuses a sender that brings
// less (GS010) instead of letting the batch fail and using its nonce up.
func PayoutGas(outputs int) uint64 { return batchGas + outputGas*uint64(outputs) }

// HandoverGas is the safeTxGas of a handover by that many calls: at most as many as the larger of the committees has members, and one.
func HandoverGas(calls int) uint64 { return batchGas + ownerGas*uint64(calls) }

// Sizes in bytes of calldata: execTransaction's selector, ten words, and lengths and padding of data and signatures; multiSend's own; a call in
// it, and the longest change of an owner.
const (
	execSize  = 4 + 12*32 + 2*31
	batchSize = 4 + 2*32 + 31
	callSize  = 1 + 20 + 2*32
	ownerSize = 4 + 3*32
	// byteGas is the dearest byte of calldata.
	byteGas = 16
)

// Cost is what a SafeTx may cost, whatever its calldata.
type Cost struct {
	// Gas is its safeTxGas.
	Gas uint64
	// Refunded is the most gas that the Safe refunds the sender for: times a price, it is a fee.
	Refunded uint64
	// Limit is the most gas that a sender has to bring (SafeTx.GasLimit).
	Limit uint64
}

// PayoutCost is what a payout with that many outputs may cost that threshold owners sign.
func PayoutCost(outputs int, threshold uint32) Cost {
	return cost(PayoutGas(outputs), callSize*uint64(outputs), threshold)
}

// HandoverCost is what a handover by that many calls may cost that threshold owners sign.
func HandoverCost(calls int, threshold uint32) Cost {
	return cost(HandoverGas(calls), (callSize+ownerSize)*uint64(calls), threshold)
}

func cost(gas, calls uint64, threshold uint32) Cost {
	size := execSize + batchSize + calls + SignatureSize*uint64(threshold)
	refunded := gas + executeOverhead + workGas(threshold) + byteGas*size
	return Cost{Gas: gas, Refunded: refunded, Limit: refunded + gas/63 + settleGas}
}

// workGas is what a sender uses beside execution and calldata.
func workGas(threshold uint32) uint64 { return 21_000 + fixedGas + signatureGas*uint64(threshold) }

// baseGas is what a sender uses beside the execution: intrinsic gas and calldata, signatures, and the Safe's own work.
func baseGas(calldata []byte, threshold uint32) uint64 {
	gas := workGas(threshold)
	for _, b := range calldata {
		if b == 0 {
			gas += 4
		} else {
			gas += byteGas
		}
	}
	return gas
}

// GasLimit is what a sender's transaction needs at least to be sure to be executed: the execution with the 63rd that EIP-150 keeps, the call's own
// price, and the Safe's work around it. Less may be refused (GS010), more is not used.
func (t SafeTx) GasLimit() uint64 {
	execution := t.SafeTxGas.Uint64()
	return t.BaseGas.Uint64() + execution + execution/63 + executeOverhead + settleGas
}

// refundPrice is the price per gas at which the refund is at most fee wei, rounded down.
func refundPrice(fee *big.Int, safeTxGas, base uint64) *big.Int {
	return new(big.Int).Quo(fee, new(big.Int).SetUint64(safeTxGas+base+executeOverhead))
}

func checkGas(t SafeTx, least uint64) error {
	if gas := t.SafeTxGas.Uint64(); gas < least {
		return fmt.Errorf("%w: gas %d, want at least %d", ErrPayload, gas, least)
	}
	if limit := t.GasLimit(); limit > MaxTxGas {
		return fmt.Errorf("%w: gas limit %d, want at most %d", ErrPayload, limit, MaxTxGas)
	}
	return nil
}
