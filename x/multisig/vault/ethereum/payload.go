package ethereum

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Output is one payment in wei, above 0.
type Output struct {
	To     common.Address
	Amount *big.Int
}

// Payload is everything that a session's SafeTx is made of (protocol §7): a payout with Outputs, or a handover to Next.
type Payload struct {
	ChainNumber uint64
	Safe        common.Address
	// Nonce of the Safe. All payloads of one nonce exclude each other; there is no timeout.
	Nonce uint64
	// MultiSend is the contract that a SafeTx of several calls runs.
	MultiSend common.Address
	// Owners are the Safe's present ones: Threshold of them sign.
	Owners Owners
	// Outputs of a payout, in order.
	Outputs []Output
	// Next are the owners to be, in any order, and the threshold; nil for a payout.
	Next *Owners
	// Gas is safeTxGas: at least PayoutGas or HandoverGas.
	Gas uint64
	// Fee in wei is the most that the Safe refunds to whoever sends the transaction; 0 for no refund.
	Fee *big.Int
}

// Domain returns what binds the payload's signatures to its Safe.
func (p Payload) Domain() Domain { return Domain{ChainNumber: p.ChainNumber, Safe: p.Safe} }

// SafeTx returns the transaction that the vault's owners sign. The same payload gives the same SafeTx: an attempt that follows another of
// the same series asks for the same signatures. Errors: ErrPayload, ErrOwners, ErrThreshold, ErrSameOwners, ErrRecipient.
func (p Payload) SafeTx() (SafeTx, error) {
	if err := p.validate(); err != nil {
		return SafeTx{}, err
	}
	calls, least, err := p.calls()
	if err != nil {
		return SafeTx{}, err
	}
	tx := p.wrap(calls)
	signatures := make([]byte, SignatureSize*int(p.Owners.Threshold))
	for i := range signatures {
		signatures[i] = 0xff
	}
	base := baseGas(tx.Calldata(signatures), p.Owners.Threshold)
	tx.BaseGas.SetUint64(base)
	tx.GasPrice = refundPrice(p.Fee, p.Gas, base)
	return tx, checkGas(tx, least)
}

func (p Payload) validate() error {
	if p.ChainNumber == 0 || p.Safe == (common.Address{}) || p.MultiSend == (common.Address{}) {
		return fmt.Errorf("%w: chain %d, safe %s and multi-send %s must be set", ErrPayload, p.ChainNumber, p.Safe, p.MultiSend)
	}
	if p.Gas > MaxTxGas {
		return fmt.Errorf("%w: gas %d, want at most %d", ErrPayload, p.Gas, MaxTxGas)
	}
	if p.Fee == nil || p.Fee.Sign() < 0 || p.Fee.BitLen() > 256 {
		return fmt.Errorf("%w: fee %s, want from 0 to 2^256 - 1", ErrPayload, p.Fee)
	}
	if (p.Next == nil) == (len(p.Outputs) == 0) {
		return fmt.Errorf("%w: %d outputs and a handover: %t, want one of the two", ErrPayload, len(p.Outputs), p.Next != nil)
	}
	return p.Owners.Validate(p.Safe)
}

// calls returns what the Safe does, and the least gas for it.
func (p Payload) calls() ([]Call, uint64, error) {
	if p.Next != nil {
		calls, _, err := p.Owners.Handover(p.Safe, *p.Next)
		return calls, HandoverGas(len(calls)), err
	}
	total := new(big.Int)
	calls := make([]Call, len(p.Outputs))
	for i, output := range p.Outputs {
		if err := checkRecipient(output.To, p.Safe, common.Address{}); err != nil {
			return nil, 0, fmt.Errorf("output %d: %w", i, err)
		}
		if output.Amount == nil || output.Amount.Sign() <= 0 || total.Add(total, output.Amount).BitLen() > 256 {
			return nil, 0, fmt.Errorf("%w: output %d is %s, want more than 0 and a sum below 2^256", ErrPayload, i, output.Amount)
		}
		calls[i] = Call{To: output.To, Value: output.Amount}
	}
	return calls, PayoutGas(len(calls)), nil
}

// wrap makes one call a SafeTx by itself, and several one that delegates to MultiSend, where one that fails undoes all.
func (p Payload) wrap(calls []Call) SafeTx {
	tx := SafeTx{
		To: calls[0].To, Value: calls[0].value(), Data: calls[0].Data, Operation: OperationCall,
		SafeTxGas: new(big.Int).SetUint64(p.Gas), BaseGas: new(big.Int), GasPrice: new(big.Int), Nonce: new(big.Int).SetUint64(p.Nonce),
	}
	if len(calls) > 1 {
		tx.To, tx.Value, tx.Data, tx.Operation = p.MultiSend, new(big.Int), multiSend(calls), OperationDelegateCall
	}
	return tx
}

// Digest returns the 32 bytes that every signer of the payload signs. Errors: those of SafeTx.
func Digest(p Payload) (common.Hash, error) {
	tx, err := p.SafeTx()
	if err != nil {
		return common.Hash{}, err
	}
	return tx.Hash(p.Domain())
}
